import { CLAIM_MS, RETENTION_MS, type DueSession, type UidPage, type Version } from '@triggerkit/contracts'

import { Agenda } from './agenda.js'
import { retainedKey } from './keys.js'
import { Leases } from './leases.js'
import type { StorableChange } from './records.js'
import { RetainedTexts } from './retained-texts.js'
import type { Session } from './session.js'
import { SortedMap } from './sorted-map.js'
import { Watchers } from './watchers.js'

/** What a whole store holds, over all its namespaces. */
export interface Usage {
  sessions: number
  bytes: number
}

/** A change that has passed every check, with what it needs to be written. */
export interface AcceptedChange {
  readonly storable: StorableChange
  /** By how many bytes the session grows. */
  readonly growth: number
  readonly ttl: number | null
}

/** The sessions, owners and listeners of one namespace. Every method is synchronous, and is whole before the next begins. */
export class MemorySpace {
  readonly leases: Leases = new Leases()
  readonly watchers: Watchers = new Watchers()
  readonly #usage: Usage
  readonly #sessions: SortedMap<Session> = new SortedMap()
  readonly #wakeUps: Agenda<Session> = new Agenda()
  readonly #expiries: Agenda<Session> = new Agenda()
  readonly #commitIds: RetainedTexts
  readonly #receipts: RetainedTexts

  constructor(usage: Usage) {
    this.#usage = usage
    this.#commitIds = new RetainedTexts(RETENTION_MS)
    this.#receipts = new RetainedTexts(RETENTION_MS, bytes => (usage.bytes += bytes))
  }

  find(uid: string, now: number): Session | undefined {
    const session = this.#sessions.get(uid)
    if (session === undefined || session.endsAt > now) return session
    this.forget(session)
    return undefined
  }

  knowsCommit(uid: string, commitId: string, now: number): boolean {
    return this.#commitIds.get(retainedKey(uid, commitId), now) !== undefined
  }

  receipt(uid: string, key: string, now: number): string | undefined {
    return this.#receipts.get(retainedKey(uid, key), now)
  }

  /** Writes all of a change to a session, stored or new. */
  write(session: Session, { storable, growth, ttl }: AcceptedChange, now: number): void {
    const { change } = storable
    this.#add(session)
    session.apply(storable)
    session.version = nextVersion(change.expect)
    session.wakeAt = change.wakeAt
    session.ttl = change.ttl ?? ttl
    session.committedAt = now
    session.bytes += growth
    this.#usage.bytes += growth
    this.#reschedule(session)
    this.#commitIds.keep(retainedKey(session.uid, change.commitId), '', now)
    for (const [key, text] of storable.receipts) this.#receipts.keep(retainedKey(session.uid, key), text, now)
    this.watchers.tell(session.uid, session.version)
  }

  postpone(session: Session, wakeAt: number | null): void {
    session.wakeAt = wakeAt
    this.#reschedule(session)
  }

  /** Those whose wake-up has come, the longest waiting first, each put off in the same step. */
  claim(limit: number, now: number): readonly DueSession[] {
    const claimed: DueSession[] = []
    for (let next = this.#wakeUps.first; claimed.length < limit; next = this.#wakeUps.first) {
      if (next === undefined || next.at > now) break
      const session = next.subject
      this.postpone(session, now + CLAIM_MS)
      claimed.push({ uid: session.uid, version: session.version })
    }
    return claimed
  }

  page({ after, limit }: UidPage): { readonly uids: readonly string[]; readonly next: string | null } {
    const uids: string[] = []
    for (const [uid] of this.#sessions.entriesFrom('', after)) {
      if (uids.length >= limit) return { uids, next: uids.at(-1) ?? null }
      uids.push(uid)
    }
    return { uids, next: null }
  }

  forget(session: Session): void {
    this.#sessions.delete(session.uid)
    this.#wakeUps.cancel(session.wakeUp)
    this.#expiries.cancel(session.expiry)
    this.#usage.sessions -= 1
    this.#usage.bytes -= session.bytes
    this.watchers.tell(session.uid, null)
  }

  /** Forgets all whose time is over, at a cost in proportion to their number. */
  expire(now: number): void {
    this.#commitIds.forgetOld(now)
    this.#receipts.forgetOld(now)
    for (let next = this.#expiries.first; next !== undefined && next.at <= now; next = this.#expiries.first) {
      if (next.subject.endsAt <= now) this.forget(next.subject)
      else this.#expiries.schedule(next, next.subject.endsAt)
    }
  }

  #add(session: Session): void {
    if (this.#sessions.get(session.uid) === session) return
    this.#sessions.set(session.uid, session)
    this.#usage.sessions += 1
  }

  #reschedule({ wakeUp, expiry, wakeAt, endsAt }: Session): void {
    if (wakeAt === null) this.#wakeUps.cancel(wakeUp)
    else this.#wakeUps.schedule(wakeUp, wakeAt)
    // An end that moved away is left where it was and looked up when its old time comes: most commits only move it away.
    if (endsAt === Number.POSITIVE_INFINITY) this.#expiries.cancel(expiry)
    else if (expiry.position === -1 || endsAt < expiry.at) this.#expiries.schedule(expiry, endsAt)
  }
}

/** Frozen, because answers share it. */
function nextVersion({ incarnation, number }: Version): Version {
  return Object.freeze({ incarnation, number: number + 1 })
}
