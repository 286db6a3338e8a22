import type { JsonValue } from './json.js'

/**
 * The storage port: where sessions live.
 *
 * A session is a set of small JSON records under string keys, in two places. The *working set* holds what a transition
 * may need and is loaded as a whole; the *archive* holds the rest and is read by key or page; a key may be in both. Keys,
 * uids and owners are any non-empty string, and opaque to a storage except for the order of keys: by code unit, so
 * that zero-padded numbers sort as numbers. Records are JSON: an answer contains what JSON makes of what was committed, and
 * shares no object with what is stored.
 *
 * Nothing is locked while code runs. A commit presents the version that it is based on; {@link Storage.commit} accepts
 * only the first for each version.
 */
export interface Storage {
  /** Names the kind of storage in registries and jobs. */
  readonly key: string
  readonly capabilities: StorageCapabilities

  /** The working set and its version, or `null` if there is no session. One round trip. */
  load(uid: string): Promise<LoadAnswer>

  /**
   * Applies a change as a whole or not at all, in one round trip, checking in this order:
   * 1. the commit id is known to that session, even to one that has ended: `alreadyApplied`, with the records of
   *    `change.read` as they are now;
   * 2. the session's version is not `change.expect`: `conflict`, with the session as it is now;
   * 3. a key of `expectAbsent` exists in the archive or among the receipts: `present`, with those records;
   * 4. otherwise everything is written and the version's number rises by one: `committed`.
   *
   * Only an applied change makes its commit id known.
   *
   * Rejects with `StorageUnavailable` or `Closed` only if the change was certainly never sent, with `StorageRefused` only
   * if it was certainly not applied (no room, a limit, a record that is not JSON, such as a bigint or a cycle). Every other
   * rejection means that the outcome is unknown; the caller then presents the identical change again.
   */
  commit(uid: string, change: Change): Promise<CommitAnswer>

  /**
   * Several changes in one round trip, in their order and each as in {@link Storage.commit}, with an answer for each in that
   * order. A change that is not accepted doesn't affect the others; two may concern the same session.
   *
   * Rejects with `StorageUnavailable`, `Closed` or `StorageRefused` only if certainly none of the changes was applied. Every
   * other rejection means that the outcome of each is unknown; the caller then presents each again, separately.
   */
  commitMany?(changes: readonly SessionChange[]): Promise<readonly CommitAnswer[]>

  /** The archived records that exist under `keys`, each of them once. */
  read(uid: string, keys: readonly string[]): Promise<ReadAnswer>

  /** Archived records whose keys begin with `page.prefix`, in the order of their keys; `more` says exactly whether others follow. */
  list(uid: string, page: RecordPage): Promise<ReadAnswer & { readonly more: boolean }>

  /**
   * Claims at most `limit` sessions whose wake-up has come, those waiting longest first: in the same step, the wake-up of each
   * becomes the answer's `now` plus {@link CLAIM_MS}, so that two sweepers never get the same session. The version stays the same.
   */
  due(limit: number): Promise<Timed & { readonly sessions: readonly DueSession[] }>

  /**
   * Moves a session's wake-up, and its time to live with it, if the session still has that version, which stays the same;
   * otherwise does nothing, because the newer commit's wake-up applies.
   */
  postpone(uid: string, version: Version, wakeAt: number | null): Promise<Timed>

  /**
   * Begins (`first`) or renews an owner's lease for `ttl` milliseconds; zero ends it. `lapsed` means that the lease to be
   * renewed had already run out, was ended or never began: it is not renewed, and its holder must abort what
   * it runs and go on under a new name.
   */
  heartbeat(owner: string, ttl: number, first: boolean): Promise<Timed & { readonly lapsed: boolean }>

  /** The owners whose leases have not run out, each with the storage's time at which its lease ends unless renewed. */
  owners(): Promise<Timed & { readonly owners: ReadonlyMap<string, number> }>

  /**
   * The uids of the stored sessions, at most `page.limit`, in an order of the storage's choice that stays the same from page to
   * page: a session that is stored throughout comes exactly once, even if others come and go meanwhile. `next` is `null` at the end.
   */
  sessions(page: UidPage): Promise<Timed & { readonly uids: readonly string[]; readonly next: string | null }>

  /** Forgets a session, if there is one, except for its commit ids and receipts: see {@link RETENTION_MS}. */
  delete(uid: string): Promise<Timed>

  /**
   * Reports new versions of a session and, with `null`, its deletion, by any process, including this storage itself;
   * returns a function that unsubscribes. If the storage has the session of that version at hand, it may pass it along, so that
   * the listener need not load it. An end by time to live is reported only when a storage notices it. Listening may begin a moment
   * after the call. An error that a listener throws affects nothing else.
   * @throws `Closed`
   */
  watch?(uid: string, listener: (version: Version | null, session?: StoredSession) => void): () => void

  /**
   * Releases what the storage itself opened, and nothing else: data, leases and other storages stay. Later calls
   * reject with `Closed`, except `close` itself, which does nothing.
   */
  close(): Promise<void>
}

/** What a storage can do beyond the port's mandatory part. The conformance suite tests it. */
export interface StorageCapabilities {
  /** Committed data survives the process. */
  readonly durable: boolean
  /** Who sees the same sessions: only this process, the tabs and workers of one origin, or any process. */
  readonly shared: 'process' | 'origin' | 'network'
  readonly commitMany: boolean
  readonly watch: boolean
}

/**
 * The storage's time, in milliseconds since 1970: the same for all storages over the same data, never going back. It alone
 * decides about leases and wake-ups; no other clock does.
 */
export interface Timed {
  readonly now: number
}

/**
 * What an optimistic commit compares. `incarnation` is random and set at creation, so that a session that was deleted and
 * created again is a different one; `number` rises by one with each commit. Number 0 stands for a session that does not exist yet.
 */
export interface Version {
  readonly incarnation: string
  readonly number: number
}

/** JSON records by key. */
export type Records = ReadonlyMap<string, JsonValue>

export interface StoredSession {
  readonly version: Version
  readonly working: Records
  readonly wakeAt: number | null
}

export interface LoadAnswer extends Timed {
  readonly session: StoredSession | null
}

export interface ReadAnswer extends Timed {
  readonly version: Version | null
  readonly records: Records
}

/** Changes to some records. A key that is both removed and put is put; removing a key that doesn't exist is not an error. */
export interface Patch {
  readonly put: Records
  readonly remove: readonly string[]
}

/** Everything that one commit does to one session. */
export interface Change {
  /** Identifies the change when it is presented again; remembered for {@link RETENTION_MS}. */
  readonly commitId: string
  /** The version that the change is based on. With number 0 the session must not exist, and gets this incarnation. */
  readonly expect: Version
  readonly expectAbsent: readonly string[]
  readonly working: Patch
  readonly archive: Patch
  /** Records that may be forgotten after {@link RETENTION_MS}; only `expectAbsent` checks them. */
  readonly receipts: Records
  /** Archived keys to read after the change has been applied. */
  readonly read: readonly string[]
  /** When a process must look at the session; `null`: never. */
  readonly wakeAt: number | null
  /**
   * The time to live in milliseconds, until the next commit; by default the storage's. The session ends, as a whole, that long
   * after this commit or, if that is later, that long after its wake-up, at least {@link CLAIM_MS} after it: whoever
   * wakes up must still find it. It never ends before that time, and at most {@link CLAIM_MS} after it.
   */
  readonly ttl?: number
}

export interface SessionChange {
  readonly uid: string
  readonly change: Change
}

export type CommitAnswer =
  | (Timed & { readonly outcome: 'committed' | 'alreadyApplied'; readonly records: Records })
  | (Timed & { readonly outcome: 'conflict'; readonly session: StoredSession | null })
  | (Timed & { readonly outcome: 'present'; readonly records: Records })

export interface RecordPage {
  readonly prefix: string
  /** The last key of the previous page. */
  readonly after?: string
  readonly limit: number
}

export interface UidPage {
  /** `next` of the previous page. */
  readonly after?: string
  readonly limit: number
}

export interface DueSession {
  readonly uid: string
  readonly version: Version
}

/**
 * How long commit ids and receipts are kept at least, in milliseconds, even after their session has ended. It must be longer than
 * the engine ever presents a change again ({@link LONGEST_RETRY_MS}), otherwise a change could be applied twice.
 */
export const RETENTION_MS: number = 15 * 60_000

/** How long the engine keeps presenting a change whose outcome it doesn't know, in milliseconds. */
export const LONGEST_RETRY_MS: number = 10 * 60_000

/** How far `due` puts off the sessions that it returns, in milliseconds: the time that a sweeper has to look at a session. */
export const CLAIM_MS: number = 2_000
