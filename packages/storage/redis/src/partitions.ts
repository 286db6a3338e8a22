import type { DueSession, Timed, UidPage, Version } from '@triggerkit/contracts'

import type { Connection } from './connection.js'
import { uidOf, type Keys } from './keys.js'
import { toVersion } from './records.js'
import { CLAIM, PEEK, SESSIONS } from './partition-scripts.js'

type ClaimReply = readonly [now: number, claimed: readonly string[]]
type PeekReply = readonly [now: number, since: readonly string[]]
type SessionsReply = readonly [now: number, partition: number, member: string, found: readonly (string | number)[]]

interface Claimed extends DueSession {
  readonly since: number
}

/** Since when sessions of a partition wait. */
interface Waiting {
  readonly now: number
  readonly partition: number
  readonly since: readonly number[]
}

/** Where an enumeration stands: behind that member of that partition. */
interface Cursor {
  readonly partition: number
  readonly member: string
}

/** Others may claim what one has seen waiting; then one looks again, so many times. */
const ROUNDS = 10

/** What concerns the sessions of all partitions: one script on a single server, on a Cluster one for each partition. */
export class Partitions {
  readonly #connection: Connection
  readonly #keys: Keys
  readonly #all: readonly number[]

  constructor(connection: Connection, keys: Keys, count: number) {
    this.#connection = connection
    this.#keys = keys
    this.#all = Array.from({ length: count }, (_, partition) => partition)
  }

  async claim(limit: number): Promise<Timed & { readonly sessions: readonly DueSession[] }> {
    const { now, claimed } = this.#connection.isCluster ? await this.#claimOnCluster(limit) : await this.#claim(this.#all, limit)
    return { now, sessions: claimed.map(({ uid, version }) => ({ uid, version })) }
  }

  /** The uids by partition and, in it, by their members. */
  async page({ after, limit }: UidPage): Promise<Timed & { readonly uids: readonly string[]; readonly next: string | null }> {
    const found: Cursor[] = []
    let cursor: Cursor | null = toCursor(after)
    let now = 0
    while (cursor !== null && found.length <= limit) {
      const part: { now: number; found: readonly Cursor[]; next: Cursor | null } = await this.#sessions(cursor, limit + 1 - found.length)
      found.push(...part.found)
      now = part.now
      cursor = part.next
    }
    const page = found.slice(0, limit)
    const last = page.at(-1)
    return { now, uids: page.map(({ member }) => uidOf(member)), next: found.length > limit && last !== undefined ? `${last.partition}:${last.member}` : null }
  }

  async #claim(partitions: readonly number[], limit: number): Promise<{ readonly now: number; readonly claimed: readonly Claimed[] }> {
    const indexes = partitions.flatMap((partition) => this.#keys.indexes(partition))
    const [now, flat] = await this.#connection.run<ClaimReply>(CLAIM, indexes, [limit, ...partitions.map((partition) => this.#keys.partition(partition))])
    return { now, claimed: toClaimed(flat) }
  }

  /**
   * Looks everywhere first: who has waited longest may be in any partition. A node that is gone keeps no session of the others
   * asleep; it is told of once nobody else is to be woken.
   */
  async #claimOnCluster(limit: number): Promise<{ readonly now: number; readonly claimed: readonly Claimed[] }> {
    const claimed: Claimed[] = []
    let now = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const wanted = limit - claimed.length
      const looks = await settled(this.#all.map((partition) => this.#peek(partition, wanted)))
      const shares = sharesOf(looks.answers, wanted)
      const claims = await settled([...shares].map(([partition, share]) => this.#claim([partition], share)))
      const got = claims.answers.flatMap((part) => part.claimed)
      claimed.push(...got)
      now = Math.max(now, ...looks.answers.map((peeked) => peeked.now), ...claims.answers.map((part) => part.now))
      const failure = looks.failure ?? claims.failure
      if (failure !== undefined && claimed.length === 0) throw failure.reason
      const seen = [...shares.values()].reduce((sum, share) => sum + share, 0)
      if (failure !== undefined || claimed.length >= limit || (got.length === seen && seen < wanted)) break
    }
    return { now, claimed: claimed.sort((one, other) => one.since - other.since) }
  }

  async #peek(partition: number, limit: number): Promise<Waiting> {
    const [now, since] = await this.#connection.run<PeekReply>(PEEK, this.#keys.indexes(partition), [limit, this.#keys.partition(partition)])
    return { now, partition, since: since.map(Number) }
  }

  async #sessions({ partition, member }: Cursor, limit: number): Promise<{ readonly now: number; readonly found: readonly Cursor[]; readonly next: Cursor | null }> {
    const looked = this.#connection.isCluster ? [partition] : this.#all.slice(partition)
    const keys = looked.map((one) => this.#keys.indexes(one)[2])
    const starts = looked.map((one) => this.#keys.partition(one))
    const [now, at, last, flat] = await this.#connection.run<SessionsReply>(SESSIONS, keys, [limit, member, ...starts])
    const found: Cursor[] = []
    for (let index = 0; index < flat.length; index += 2) found.push({ partition: partition + Number(flat[index]) - 1, member: String(flat[index + 1]) })
    return { now, found, next: at === 0 ? this.#begin(partition + looked.length) : { partition: partition + at - 1, member: last } }
  }

  #begin(partition: number): Cursor | null {
    return partition < this.#all.length ? { partition, member: '' } : null
  }
}

/** How many to claim from each partition, so that the longest waiting come first. */
function sharesOf(waiting: readonly Waiting[], limit: number): ReadonlyMap<number, number> {
  const all = waiting.flatMap(({ partition, since }) => since.map((time) => ({ partition, since: time })))
  const shares = new Map<number, number>()
  for (const { partition } of all.sort((one, other) => one.since - other.since).slice(0, limit)) shares.set(partition, (shares.get(partition) ?? 0) + 1)
  return shares
}

/** What was answered, and the first of what failed. */
async function settled<TAnswer>(asked: readonly Promise<TAnswer>[]): Promise<{ readonly answers: readonly TAnswer[]; readonly failure: PromiseRejectedResult | undefined }> {
  const results = await Promise.allSettled(asked)
  const answers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  return { answers, failure: results.find((result) => result.status === 'rejected') }
}

function toClaimed(flat: readonly string[]): readonly Claimed[] {
  const claimed: Claimed[] = []
  for (let index = 0; index < flat.length; index += 3) {
    const [member, version, since] = flat.slice(index, index + 3) as [string, string, string]
    claimed.push({ uid: uidOf(member), version: toVersion(version) as Version, since: Number(since) })
  }
  return claimed
}

function toCursor(after: string | undefined): Cursor {
  const [, partition = '0', member = ''] = /^(\d+):(.*)$/.exec(after ?? '') ?? []
  return { partition: Number(partition), member }
}
