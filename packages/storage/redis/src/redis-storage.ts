import {
  API_VERSION,
  isTriggerkitError,
  type Change,
  type CommitAnswer,
  type DueSession,
  type LoadAnswer,
  type ReadAnswer,
  type RecordPage,
  type SessionChange,
  type Storage,
  type StorageCapabilities,
  type StorageDescriptor,
  type Timed,
  type UidPage,
  type Version,
} from '@triggerkit/contracts'

import { COMMIT } from './commit-script.js'
import { Connection } from './connection.js'
import { partlyApplied } from './failures.js'
import { afterAll, decode, encode, Keys, memberOf } from './keys.js'
import { toSettings, type RedisStorageOptions, type Settings } from './options.js'
import { HEARTBEAT, OWNERS } from './owner-scripts.js'
import { Partitions } from './partitions.js'
import { presented, timeText, toAnswer, type Presented, type ScriptAnswer } from './presented.js'
import { toHead, toRecords, toSession, versionText } from './records.js'
import type { Script } from './script.js'
import { checkServer } from './server-check.js'
import { DELETE, LIST, LOAD, POSTPONE, READ } from './session-scripts.js'
import { Subscriptions } from './subscriptions.js'

const CAPABILITIES: StorageCapabilities = { durable: true, shared: 'network', commitMany: true, watch: true }

/** How many archived records one script brings: Redis does nothing else meanwhile. */
const LONGEST_PAGE = 500

type ReadReply = readonly [now: number, head: string | null, records: readonly string[]]

/** Keeps sessions in Redis, one server or a Cluster: each method is a script there, and a commit one round trip. */
export class RedisStorage implements Storage {
  readonly key = 'redis'
  readonly capabilities: StorageCapabilities = CAPABILITIES
  readonly #settings: Settings
  readonly #keys: Keys
  readonly #connection: Connection
  readonly #partitions: Partitions
  readonly #subscriptions: Subscriptions
  #checked: Promise<void> | undefined
  #fit = false
  #now = 0

  /** Connects at the first call. @throws `InvalidArgument` for invalid options */
  constructor(options: RedisStorageOptions = {}) {
    this.#settings = toSettings(options)
    this.#keys = new Keys(this.#settings.prefix, this.#settings.partitions)
    this.#connection = new Connection(this.#settings)
    this.#partitions = new Partitions(this.#connection, this.#keys, this.#settings.partitions)
    this.#subscriptions = new Subscriptions(this.#connection.client, (channel) => this.#versionAt(channel), this.#settings.commandTimeout)
  }

  async load(uid: string): Promise<LoadAnswer> {
    const [now, flat] = await this.#run<readonly [number, readonly string[]]>(LOAD, [this.#keys.of(uid).hash])
    return { now: this.#hear(now), session: toSession(flat) }
  }

  async commit(uid: string, change: Change): Promise<CommitAnswer> {
    const [answer] = await this.#send(this.#present([{ uid, change }]))
    return answer as CommitAnswer
  }

  /**
   * One script on a single server. On a Cluster one for each partition concerned; where some were carried out and others
   * not, the outcome of all counts as unknown.
   */
  async commitMany(changes: readonly SessionChange[]): Promise<readonly CommitAnswer[]> {
    if (changes.length === 0) return []
    if (!this.#connection.isCluster) return this.#send(this.#present(changes))
    const groups = this.#byPartition(changes)
    const prepared = groups.map((group) => this.#present(group))
    const answers = new Map<SessionChange, CommitAnswer>()
    const settled = await Promise.allSettled(prepared.map(async (part) => this.#send(part)))
    for (const [index, result] of settled.entries()) {
      if (result.status === 'rejected') throw rejectionOf(settled)
      for (const [nth, answer] of result.value.entries()) answers.set(groups[index]?.[nth] as SessionChange, answer)
    }
    return changes.map((change) => answers.get(change) as CommitAnswer)
  }

  async read(uid: string, keys: readonly string[]): Promise<ReadAnswer> {
    return this.#toRead(await this.#run<ReadReply>(READ, this.#keys.of(uid).all.slice(0, 2), keys.map(encode)))
  }

  /** However long the page, no script brings more than 500 records; the version is that of the first. */
  async list(uid: string, { prefix, after, limit }: RecordPage): Promise<ReadAnswer & { readonly more: boolean }> {
    const keys = this.#keys.of(uid).all.slice(0, 3)
    const end = prefix === '' ? '+' : `(${afterAll(encode(prefix))}`
    let start = after !== undefined && after >= prefix ? `(${encode(after)}` : `[${encode(prefix)}`
    const flat: string[] = []
    for (let head: string | null | undefined; ; start = `(${flat.at(-2) as string}`) {
      const count = Math.min(limit + 1 - flat.length / 2, LONGEST_PAGE)
      const [now, current, found] = await this.#run<ReadReply>(LIST, keys, [start, end, count])
      if (head === undefined) head = current
      flat.push(...found)
      const more = flat.length > 2 * limit
      if (more || found.length < 2 * count) return { ...this.#toRead([now, head, flat.slice(0, 2 * limit)]), more }
    }
  }

  async due(limit: number): Promise<Timed & { readonly sessions: readonly DueSession[] }> {
    await this.#check()
    const { now, sessions } = await this.#partitions.claim(limit)
    return { now: this.#hear(now), sessions }
  }

  async postpone(uid: string, version: Version, wakeAt: number | null): Promise<Timed> {
    const { all, member } = this.#keys.of(uid)
    return this.#tell(POSTPONE, all, [member, versionText(version), timeText(wakeAt, 'wakeAt')])
  }

  async heartbeat(owner: string, ttl: number, first: boolean): Promise<Timed & { readonly lapsed: boolean }> {
    const [now, lapsed] = await this.#run<readonly [number, number]>(HEARTBEAT, [this.#keys.owners], [encode(owner), timeText(ttl, 'ttl'), first ? 1 : 0])
    return { now: this.#hear(now), lapsed: lapsed === 1 }
  }

  async owners(): Promise<Timed & { readonly owners: ReadonlyMap<string, number> }> {
    const [now, flat] = await this.#run<readonly [number, readonly string[]]>(OWNERS, [this.#keys.owners])
    const owners = new Map<string, number>()
    for (let index = 0; index < flat.length; index += 2) owners.set(decode(flat[index] as string), Number(flat[index + 1]))
    return { now: this.#hear(now), owners }
  }

  async sessions(page: UidPage): Promise<Timed & { readonly uids: readonly string[]; readonly next: string | null }> {
    await this.#check()
    const { now, ...found } = await this.#partitions.page(page)
    return { ...found, now: this.#hear(now) }
  }

  async delete(uid: string): Promise<Timed> {
    const { all, member } = this.#keys.of(uid)
    return this.#tell(DELETE, all, [member])
  }

  /**
   * Tells of new versions over a connection of its own, which is opened at the first call. What was missed while it was cut
   * off is made good by the latest version; an end by time to live is told when `due` comes upon it.
   * @throws `Closed`
   */
  watch(uid: string, listener: (version: Version | null) => void): () => void {
    this.#connection.assertOpen()
    return this.#subscriptions.add(this.#keys.of(uid).channel, listener)
  }

  /** Lets what is under way end, and disconnects; a client that was given stays connected. */
  async close(): Promise<void> {
    this.#subscriptions.close()
    await this.#connection.close()
  }

  async #run<TAnswer>(script: Script, keys: readonly string[], args: readonly (string | number)[] = []): Promise<TAnswer> {
    if (!this.#fit) await this.#check()
    return this.#connection.run<TAnswer>(script, keys, args)
  }

  async #tell(script: Script, keys: readonly string[], args: readonly string[]): Promise<Timed> {
    const [now] = await this.#run<readonly [number]>(script, keys, args)
    return { now: this.#hear(now) }
  }

  #present(changes: readonly SessionChange[]): Presented {
    this.#connection.assertOpen()
    return presented(changes, this.#keys, this.#settings.ttl)
  }

  async #send({ keys, args }: Presented): Promise<readonly CommitAnswer[]> {
    const [now, ...answers] = await this.#run<readonly [number, ...ScriptAnswer[]]>(COMMIT, keys, args)
    const time = this.#hear(now)
    return answers.map((answer) => toAnswer(answer, time))
  }

  #byPartition(changes: readonly SessionChange[]): readonly (readonly SessionChange[])[] {
    const groups = new Map<number, SessionChange[]>()
    for (const change of changes) {
      const partition = this.#keys.partitionOf(memberOf(change.uid))
      groups.set(partition, [...(groups.get(partition) ?? []), change])
    }
    return [...groups.values()]
  }

  #toRead([now, head, flat]: ReadReply): ReadAnswer {
    return { now: this.#hear(now), version: toHead(head).version, records: toRecords(flat) }
  }

  /** The latest time heard: a server's clock that is put back does not take the storage's time with it. */
  #hear(now: number): number {
    this.#now = Math.max(this.#now, now)
    return this.#now
  }

  /** Once, before anything else; again if it failed. */
  async #check(): Promise<void> {
    this.#connection.assertOpen()
    this.#checked ??= checkServer(this.#connection, this.#keys, this.#settings)
    try {
      await this.#checked
      this.#fit = true
    } catch (error) {
      this.#checked = undefined
      throw error
    }
  }

  async #versionAt(channel: string): Promise<Version | null> {
    const [, head] = await this.#connection.run<ReadReply>(READ, [channel], [])
    return toHead(head).version
  }
}

/** Of a call in several parts: only what is certain of all parts is certain. */
function rejectionOf(parts: readonly PromiseSettledResult<unknown>[]): unknown {
  const reasons = parts.flatMap((part) => (part.status === 'rejected' ? [part.reason as unknown] : []))
  const [first] = reasons
  const certain = reasons.length === parts.length && reasons.every((reason) => !isTriggerkitError(reason, 'OutcomeUnknown'))
  return certain || isTriggerkitError(first, 'OutcomeUnknown') ? first : partlyApplied(first)
}

/**
 * A storage in Redis.
 * @throws `InvalidArgument` for invalid options
 */
export function redisStorage(options: RedisStorageOptions = {}): RedisStorage {
  return new RedisStorage(options)
}

/** What registers Redis storage under `redis`. */
export const redisStorageDescriptor: StorageDescriptor<[options?: RedisStorageOptions]> = {
  kind: 'storage',
  key: 'redis',
  package: '@triggerkit/storage-redis',
  version: '0.1.0',
  apiVersion: API_VERSION,
  capabilities: CAPABILITIES,
  create: redisStorage,
}
