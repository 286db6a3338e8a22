import { CLAIM_MS, RETENTION_MS, type DueSession, type UidPage, type Version } from '@triggerkit/contracts'
import { Watchers, type StorableChange } from '@triggerkit/session-records'

import { retainedKey } from './keys.js'
import { Leases } from './leases.js'
import { RetainedTexts } from './retained-texts.js'
import type { Session } from './session.js'
import { SortedMap } from './sorted-map.js'

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
  /** The sessions that wake up some day, and those whose time to live runs. */
  readonly #waking = new Set<Session>()
  readonly #mortal = new Set<Session>()
  readonly #commitIds: RetainedTexts
  readonly #receipts: RetainedTexts

  constructor(usage: Usage) {
    this.#usage = usage
    this.#commitIds = new RetainedTexts(RETENTION_MS)
    this.#receipts = new RetainedTexts(RETENTION_MS, (bytes) => (usage.bytes += bytes))
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
    for (const [key, text] of storable.receipts) this.#receipts.keep(retainedKey(session.uid, key), text as string, now)
    this.watchers.tell(session.uid, session.version)
  }

  postpone(session: Session, wakeAt: number | null): void {
    session.wakeAt = wakeAt
    this.#reschedule(session)
  }

  /** Those whose wake-up has come, the longest waiting first, each put off in the same step. */
  claim(limit: number, now: number): readonly DueSession[] {
    const due = [...this.#waking].filter((session) => (session.wakeAt as number) <= now)
    due.sort((left, right) => (left.wakeAt as number) - (right.wakeAt as number))
    return due.slice(0, limit).map((session) => {
      this.postpone(session, now + CLAIM_MS)
      return { uid: session.uid, version: session.version }
    })
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
    this.#waking.delete(session)
    this.#mortal.delete(session)
    this.#usage.sessions -= 1
    this.#usage.bytes -= session.bytes
    this.watchers.tell(session.uid, null)
  }

  /** Forgets all whose time is over. */
  expire(now: number): void {
    this.#commitIds.forgetOld(now)
    this.#receipts.forgetOld(now)
    for (const session of this.#mortal) if (session.endsAt <= now) this.forget(session)
  }

  #add(session: Session): void {
    if (this.#sessions.get(session.uid) === session) return
    this.#sessions.set(session.uid, session)
    this.#usage.sessions += 1
  }

  #reschedule(session: Session): void {
    if (session.wakeAt === null) this.#waking.delete(session)
    else this.#waking.add(session)
    if (session.ttl === null) this.#mortal.delete(session)
    else this.#mortal.add(session)
  }
}

function nextVersion({ incarnation, number }: Version): Version {
  return { incarnation, number: number + 1 }
}
