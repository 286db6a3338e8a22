import { positiveMilliseconds, TriggerkitError, type Duration } from '@triggerkit/contracts'

export interface IndexedDbStorageOptions {
  /** Names the application's database: storages of one name and origin see the same sessions. The browser calls it `triggerkit:<name>`. */
  readonly name: string
  /**
   * When a commit counts as done: handed to the operating system (`relaxed`, survives a crash of the browser), or flushed to
   * the disk (`strict`, slower, made to survive a power failure, too). Browsers take it as a hint. Default: `relaxed`.
   */
  readonly durability?: 'relaxed' | 'strict'
  /** How long a session is kept after its last commit, unless the change says otherwise. Default: for ever. */
  readonly ttl?: Duration
  /** Whether to ask the browser, at the first use, not to clear the origin's data on its own; {@link IndexedDbStorage.persisted} returns its answer. Default: no. */
  readonly persist?: boolean
  /** How long opening the database may take before calls reject with `StorageUnavailable`; opening continues. Default: 10 s. */
  readonly openTimeout?: Duration
  /** Told when the database can't be opened before other tabs close it: ask the user to close or reload them. */
  readonly onBlocked?: () => void
  /** The wall clock, in milliseconds since 1970. The storage's time follows it, but never goes back with it. Default: the platform's. */
  readonly now?: () => number
}

export interface Settings {
  /** The name of the database, and of the channel that tells of its news. */
  readonly database: string
  readonly durability: 'relaxed' | 'strict'
  readonly ttl: number | null
  readonly persist: boolean
  readonly openTimeout: number
  readonly onBlocked: () => void
  readonly now: () => number
}

/** A longer one would ring at once. */
const LONGEST_TIMER = 2 ** 31 - 1

const DURABILITIES: readonly unknown[] = ['relaxed', 'strict']

/** @throws `InvalidArgument` for an empty name, an unknown durability and for what is no duration above 0 */
export function toSettings(options: IndexedDbStorageOptions): Settings {
  const { name, durability = 'relaxed', ttl, persist = false, openTimeout = '10s', onBlocked = () => undefined, now = Date.now } = options
  if (typeof name !== 'string' || name === '') throw invalid('name', name, "give the application's name, such as 'survey'")
  if (!DURABILITIES.includes(durability)) throw invalid('durability', durability, "give 'relaxed' or 'strict'")
  return {
    database: `triggerkit:${name}`,
    durability,
    ttl: ttl === undefined ? null : positiveMilliseconds(ttl, 'ttl'),
    persist,
    openTimeout: Math.min(positiveMilliseconds(openTimeout, 'openTimeout'), LONGEST_TIMER),
    onBlocked,
    now,
  }
}

function invalid(name: string, value: unknown, advice: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `${name}: ${JSON.stringify(value)} can't be used; ${advice}.`, { details: { name } })
}
