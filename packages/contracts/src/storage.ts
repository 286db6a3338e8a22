import type { JsonValue } from './json.js'

/**
 * The storage port: where sessions live.
 *
 * A session is a set of small JSON records under string keys, in two places. The *working set* holds what a transition
 * may need and is loaded whole; the *archive* holds the rest and is read by key or page; one key may stand in both. Keys,
 * uids and owners are any text but the empty one, and opaque to a storage but for the order of keys: by code unit, so
 * that zero-padded numbers sort as numbers. Records are JSON: an answer brings what JSON makes of what was committed, and
 * shares nothing with what is stored.
 *
 * Nothing is locked while code runs. Whoever commits presents the version that it saw; {@link Storage.commit} refuses
 * everyone but the first.
 */
export interface Storage {
  /** Names the kind of storage in registries and jobs. */
  readonly key: string
  readonly capabilities: StorageCapabilities

  /** The working set and its version, or no session. One round trip. */
  load(uid: string): Promise<LoadAnswer>

  /**
   * Applies a change whole or not at all, in one round trip, checking in this order:
   * 1. the commit id is known to that session, also one that has ended: `alreadyApplied`, with the records of
   *    `change.read` as they are now;
   * 2. the session's version is not `change.expect`: `conflict`, with what is there now;
   * 3. a key of `expectAbsent` exists in the archive or among the receipts: `present`, with those records;
   * 4. else everything is written and the version's number rises by one: `committed`.
   *
   * Only an applied change makes its commit id known.
   *
   * Rejects with `StorageUnavailable` or `Closed` only if the change was certainly never sent, with `StorageRefused` only
   * if it was certainly not applied (no room, a limit, a record that is not JSON, such as a bigint or a cycle). Every other
   * rejection means that the outcome is unknown; the caller then presents the identical change again.
   */
  commit(uid: string, change: Change): Promise<CommitAnswer>

  /**
   * Several changes in one round trip, in their order and each as by {@link Storage.commit}, with an answer for each in that
   * order. A change that is not accepted leaves the others alone; two may concern one session.
   *
   * Rejects with `StorageUnavailable`, `Closed` or `StorageRefused` only if certainly none of the changes was applied. Every
   * other rejection means that the outcome of each is unknown; the caller then presents each again, by itself.
   */
  commitMany?(changes: readonly SessionChange[]): Promise<readonly CommitAnswer[]>

  /** The archived records that exist under `keys`, each once. */
  read(uid: string, keys: readonly string[]): Promise<ReadAnswer>

  /** Archived records whose keys begin with `page.prefix`, in the order of their keys; `more` says exactly whether others follow. */
  list(uid: string, page: RecordPage): Promise<ReadAnswer & { readonly more: boolean }>

  /**
   * Claims at most `limit` sessions whose wake-up has come, the longest waiting first: the wake-up of each becomes the
   * answer's `now` plus {@link CLAIM_MS} in the same step, so that two sweepers never get the same one. The version stays.
   */
  due(limit: number): Promise<Timed & { readonly sessions: readonly DueSession[] }>

  /**
   * Moves a session's wake-up, and its time to live with it, if the session still has that version, which stays; else does
   * nothing, because the newer commit's wake-up stands.
   */
  postpone(uid: string, version: Version, wakeAt: number | null): Promise<Timed>

  /**
   * Begins (`first`) or renews an owner's lease for `ttl` milliseconds; zero ends it. `lapsed` means that the lease to be
   * renewed had already run out, was ended or never began: it does not run now either, and whoever held it must abort what
   * it runs and go on under a new name.
   */
  heartbeat(owner: string, ttl: number, first: boolean): Promise<Timed & { readonly lapsed: boolean }>

  /** The owners whose leases run, with the storage's time at which each of them ends unless it is renewed. */
  owners(): Promise<Timed & { readonly owners: ReadonlyMap<string, number> }>

  /**
   * The uids of the stored sessions, `page.limit` at most, in an order of the storage's own that stays the same from page to
   * page: who is stored throughout comes exactly once, whoever comes and goes meanwhile. `next` is `null` at the end.
   */
  sessions(page: UidPage): Promise<Timed & { readonly uids: readonly string[]; readonly next: string | null }>

  /** Forgets a session, if there is one, but for its commit ids and receipts: see {@link RETENTION_MS}. */
  delete(uid: string): Promise<Timed>

  /**
   * Tells of new versions of a session and, with `null`, of its deletion, from whichever process, this very storage included;
   * returns what ends it. The session as it is with that version may come along where the storage has it at hand, so that
   * nobody need load it. An end by time to live is told only when a storage notices it. Listening may begin a moment after
   * the call. What a listener throws harms nobody.
   * @throws `Closed`
   */
  watch?(uid: string, listener: (version: Version | null, session?: StoredSession) => void): () => void

  /**
   * Releases what the storage itself opened, and nothing else: data, leases and other storages stay. Calls made afterwards
   * reject with `Closed`, but for `close` itself, which does nothing.
   */
  close(): Promise<void>
}

/** What a storage can do beyond the port's mandatory part. The conformance suite holds it to its word. */
export interface StorageCapabilities {
  /** What was committed survives the process. */
  readonly durable: boolean
  /** Who sees the same sessions: this process alone, the tabs and workers of one origin, or any process. */
  readonly shared: 'process' | 'origin' | 'network'
  readonly commitMany: boolean
  readonly watch: boolean
}

/**
 * The storage's time, in milliseconds since 1970, one for all storages over the same data, never going back. It decides
 * every lease and wake-up; no other clock does.
 */
export interface Timed {
  readonly now: number
}

/**
 * What an optimistic commit compares. `incarnation` is random and given at creation, so that a session deleted and made
 * anew is another one; `number` rises by one a commit. Number 0 stands for a session that does not exist yet.
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

/** What becomes of some records. A key that is both removed and put is put; removing what is not there is no fault. */
export interface Patch {
  readonly put: Records
  readonly remove: readonly string[]
}

/** All that one commit does to one session. */
export interface Change {
  /** Recognises the change when it is presented again; remembered for {@link RETENTION_MS}. */
  readonly commitId: string
  /** The version that the change builds on. With number 0 the session must not exist and gets this incarnation. */
  readonly expect: Version
  readonly expectAbsent: readonly string[]
  readonly working: Patch
  readonly archive: Patch
  /** Records that may be forgotten after {@link RETENTION_MS}; only `expectAbsent` looks at them. */
  readonly receipts: Records
  /** Archived keys to read after the change was applied. */
  readonly read: readonly string[]
  /** When somebody must look at the session; `null`: no need to. */
  readonly wakeAt: number | null
  /**
   * The time to live in milliseconds, until the next commit; else the storage's default. The session ends, whole, that long
   * after this commit or, if that is later, that long after its wake-up, {@link CLAIM_MS} after the wake-up at least: who
   * wakes up must still find it. It ends not before that time, and {@link CLAIM_MS} after it at the latest.
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
  /** The last key of the page before. */
  readonly after?: string
  readonly limit: number
}

export interface UidPage {
  /** `next` of the page before. */
  readonly after?: string
  readonly limit: number
}

export interface DueSession {
  readonly uid: string
  readonly version: Version
}

/**
 * How long commit ids and receipts are kept at least, in milliseconds, also beyond their session's end: longer than the
 * engine ever presents a change again ({@link LONGEST_RETRY_MS}), else a change could be applied twice.
 */
export const RETENTION_MS: number = 15 * 60_000

/** How long the engine goes on presenting one change whose outcome it does not know, in milliseconds. */
export const LONGEST_RETRY_MS: number = 10 * 60_000

/** How far `due` puts off what it returns, in milliseconds: the time that a sweeper has to look at a session. */
export const CLAIM_MS: number = 2_000
