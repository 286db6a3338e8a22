import { isTriggerkitError } from '@triggerkit/contracts'
import { openDB, unwrap } from 'idb'

import { sizeOf, type Commit } from './commit.js'
import { Frost } from './frost.js'
import { inTransaction, isOutOfRoom, isTooLarge, LostHandle } from './in-transaction.js'
import type { LeftOpen } from './left-open.js'
import { hasChannels } from './news-channel.js'
import type { Settings } from './options.js'
import { createStores, SCHEMA_VERSION } from './schema.js'
import type { Scope } from './scope.js'
import { closed, outOfRoom, tooLarge, unavailable, unknownOutcome, withoutAnswer } from './storage-errors.js'

/** How often whoever waits for the database makes himself heard. */
const NUDGE_MS = 1_000

/**
 * The way to the database: opened at the first use, given up whenever the browser takes it away or somebody else needs the
 * database for himself, and then opened anew.
 */
export class Connection {
  readonly #settings: Settings
  readonly #schemaVersion: number
  readonly #frost = new Frost()
  readonly #leftOpen: LeftOpen = { running: null }
  #opening: Promise<IDBDatabase> | null = null
  #opened: IDBDatabase | null = null
  #blocked = false
  #closed = false

  /** @param schemaVersion - of the database; a test gives another */
  constructor(settings: Settings, schemaVersion: number = SCHEMA_VERSION) {
    this.#settings = settings
    this.#schemaVersion = schemaVersion
  }

  /**
   * Does `work` in one transaction, whole or not at all. Where the handle turns out to be lost, which is what backgrounded
   * tabs of WebKit meet, or the page is frozen meanwhile, it is dropped and the work done anew on another, once: `work` reads
   * what it builds on itself.
   * @param commits - what `work` is to commit, for who must be told that there is no room for it
   * @throws `Closed`, `StorageUnavailable`, `StorageRefused` if certainly nothing was committed; `OutcomeUnknown`
   */
  async transact<TResult>(work: (scope: Scope) => Promise<TResult>, commits?: readonly Commit[]): Promise<{ result: TResult; scope: Scope }> {
    try {
      return await this.#attempt(work, commits)
    } catch (error) {
      if (!(error instanceof LostHandle)) throw error
      return await this.#attempt(work, commits).catch((second: unknown) => {
        const lost = second instanceof LostHandle
        const cause = lost ? second.cause : second
        const begun = error.begun || (lost && second.begun)
        // What refuses them has looked for them before: they are not there.
        if (commits && begun && !isTriggerkitError(second, 'StorageRefused')) throw unknownOutcome(this.#settings, cause)
        throw lost ? unavailable(this.#settings, cause) : cause
      })
    }
  }

  /** Gives up the database; transactions that run come to their end. */
  close(): void {
    this.#closed = true
    this.#frost.end()
    void this.#opening?.then((database) => database.close(), () => undefined)
    this.#opening = null
  }

  async #attempt<TResult>(work: (scope: Scope) => Promise<TResult>, commits: readonly Commit[] | undefined): Promise<{ result: TResult; scope: Scope }> {
    const database = await this.#database()
    try {
      return await inTransaction({ database, settings: this.#settings, frost: this.#frost, leftOpen: commits && this.#leftOpen }, work)
    } catch (error) {
      if (error instanceof LostHandle) this.#drop(database)
      if (isTooLarge(error)) throw tooLarge(this.#settings, error)
      if (isOutOfRoom(error)) throw await outOfRoom(this.#settings, error, commits && sizeOf(commits))
      throw error
    }
  }

  async #database(): Promise<IDBDatabase> {
    if (this.#closed) throw closed(this.#settings)
    if (this.#opened !== null) return this.#opened
    this.#opening ??= this.#open()
    const database = await this.#inTime(this.#opening)
    if (this.#closed) throw closed(this.#settings)
    return database
  }

  async #open(): Promise<IDBDatabase> {
    this.#frost.begin()
    // A page that went into the back/forward cache while it made the database keeps it from all others. Chromium ends one that is sent a message.
    const channel = hasChannels() ? new BroadcastChannel(this.#settings.database) : null
    const waiting = setInterval(() => channel?.postMessage([]), NUDGE_MS)
    try {
      return (this.#opened = await this.#openDatabase())
    } catch (error) {
      this.#opening = null
      throw unavailable(this.#settings, error)
    } finally {
      clearInterval(waiting)
      channel?.close()
      this.#blocked = false
    }
  }

  /** Never throws at once: `#opening` would be set behind its end, and stay. */
  async #openDatabase(): Promise<IDBDatabase> {
    if (typeof indexedDB === 'undefined') throw new TypeError('there is no IndexedDB here')
    const drop = (): void => void database.then((dropped) => this.#drop(dropped))
    const database: Promise<IDBDatabase> = openDB(this.#settings.database, this.#schemaVersion, {
      upgrade: createStores,
      blocked: () => {
        this.#blocked = true
        this.#settings.onBlocked()
      },
      // Somebody wants to upgrade or to delete the database, and waits for everybody to close it.
      blocking: drop,
      terminated: drop,
    }).then((opened) => unwrap(opened))
    return database
  }

  #drop(database: IDBDatabase): void {
    database.close()
    if (this.#opened !== database) return
    this.#opened = null
    this.#opening = null
  }

  /** Opening may wait for other tabs, or in some browsers for ever; whoever waits is told so in time. */
  async #inTime(opening: Promise<IDBDatabase>): Promise<IDBDatabase> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(withoutAnswer(this.#settings, this.#blocked)), this.#settings.openTimeout)
    })
    return Promise.race([opening, late]).finally(() => clearTimeout(timer))
  }
}
