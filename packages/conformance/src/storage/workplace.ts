import type { Storage } from '@triggerkit/contracts'
import { sleep } from '../sleep.js'
import { assertThat, BrokenPromise } from './assertions.js'
import { checkStorage } from './environment.js'
import type { StorageEnvironment, StoragePlace } from './environment.js'

/** How long a real test can afford to wait for what takes a quarter of an hour. */
const LONGEST_REAL_WAIT = 2_000

/** How long news may take, in real milliseconds: they come by themselves, whoever owns the storage's time. */
const LONGEST_NEWS = 3_000

/** A place while a case works there: remembers what was opened, and knows the time. */
export class Workplace {
  readonly environment: StorageEnvironment
  readonly #place: StoragePlace
  readonly #opened: WeakSet<Storage>
  readonly #toClose = new Set<Storage>()

  /** @param opened - every storage that was ever opened for the suite */
  constructor(environment: StorageEnvironment, place: StoragePlace, opened: WeakSet<Storage>) {
    this.environment = environment
    this.#place = place
    this.#opened = opened
  }

  /** Lends an empty place and clears it away, whatever happens. */
  static async lend(environment: StorageEnvironment, opened: WeakSet<Storage>, use: (place: Workplace) => Promise<void>): Promise<void> {
    const place = new Workplace(environment, await environment.place(), opened)
    try {
      await use(place)
    } catch (error) {
      // A storage that fails is often one that can't be closed; the first failure is the one to be told.
      await place.#clear().catch(() => undefined)
      throw error
    }
    await place.#clear()
  }

  /** Another empty place, for a while. */
  async elsewhere(use: (place: Workplace) => Promise<void>): Promise<void> {
    await Workplace.lend(this.environment, this.#opened, use)
  }

  /** Whether time passes only when the suite says so. */
  get ownsTime(): boolean {
    return this.#place.wait !== undefined
  }

  /** A new storage over the place's data. */
  async open(): Promise<Storage> {
    const storage = await this.#place.open()
    checkStorage(storage, this.environment.descriptor, this.#opened)
    this.#opened.add(storage)
    this.#toClose.add(storage)
    return storage
  }

  async openTwo(): Promise<readonly [Storage, Storage]> {
    return [await this.open(), await this.open()]
  }

  async openSeveral(count: number): Promise<readonly Storage[]> {
    const storages: Storage[] = []
    while (storages.length < count) storages.push(await this.open())
    return storages
  }

  async wait(milliseconds: number): Promise<void> {
    if (this.#place.wait !== undefined) await this.#place.wait(milliseconds)
    else await sleep(milliseconds)
  }

  /** Waits until the storage's time has come to `time`. */
  async waitUntil(storage: Storage, time: number): Promise<void> {
    for (let tries = 0; tries < 20; tries += 1) {
      const { now } = await storage.owners()
      if (now >= time) return
      await this.wait(time - now)
    }
    throw new BrokenPromise(`the storage's time did not come to ${time}, however long one waited`)
  }

  /** As {@link waitUntil} where that takes no real time, else as long as a test can afford. */
  async waitTowards(storage: Storage, time: number): Promise<void> {
    if (this.ownsTime) await this.waitUntil(storage, time)
    else await this.wait(LONGEST_REAL_WAIT)
  }

  /** Waits in real time for what must come by itself. */
  async news(arrived: () => boolean, what: string): Promise<void> {
    assertThat(await this.arrives(arrived, LONGEST_NEWS), `${what}: nothing was told within ${LONGEST_NEWS} ms`)
  }

  /** Whether something comes by itself within that many real milliseconds. */
  async arrives(arrived: () => boolean, milliseconds: number): Promise<boolean> {
    const end = performance.now() + milliseconds
    while (!arrived() && performance.now() < end) await sleep(5)
    return arrived()
  }

  /** Ends all that was opened as a crash would; what was acknowledged must be there when somebody opens again. */
  async crash(): Promise<void> {
    if (this.#place.crash === undefined) return
    this.#toClose.clear()
    await this.#place.crash()
  }

  async #clear(): Promise<void> {
    const closings = await Promise.allSettled([...this.#toClose].map((storage) => storage.close()))
    await this.#place.destroy?.()
    const failed = closings.find((closing) => closing.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}
