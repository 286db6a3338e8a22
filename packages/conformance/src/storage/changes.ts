import type { Change, CommitAnswer, JsonValue, Patch, Storage, StoredSession, Version } from '@triggerkit/contracts'
import { assertSame } from './assertions.js'

/** A wake-up that has come, whatever the time, and one that will not come while a suite runs. */
export const LONG_AGO = 1
export const FAR_OFF = 8_000_000_000_000

/** Records by key. Only a list of pairs holds a key such as `__proto__`. */
export type Facts = Readonly<Record<string, JsonValue>> | readonly (readonly [key: string, value: JsonValue])[]

/** A change, as far as a case cares. */
export type GivenChange = Partial<Omit<Change, 'working' | 'archive' | 'receipts'>> & {
  readonly working?: Facts
  readonly archive?: Facts
  readonly receipts?: Facts
  readonly removeWorking?: readonly string[]
  readonly removeArchive?: readonly string[]
}

/** The version of a session's `number`th commit; number 0 creates it. */
export function at(number: number, incarnation = 'one'): Version {
  return { incarnation, number }
}

/** A change under a commit id of its own; unless said otherwise it creates the session and does nothing else. */
export function change({ working, archive, receipts, removeWorking, removeArchive, ...given }: GivenChange = {}): Change {
  return {
    commitId: crypto.randomUUID(),
    expect: at(0),
    expectAbsent: [],
    read: [],
    wakeAt: null,
    ...given,
    working: patch(working, removeWorking),
    archive: patch(archive, removeArchive),
    receipts: recordsOf(receipts),
  }
}

export function recordsOf(facts: Facts = {}): Map<string, JsonValue> {
  return new Map(isPairs(facts) ? facts : Object.entries(facts))
}

/** Commits what must be accepted. */
export async function commit(storage: Storage, uid: string, given: GivenChange = {}): Promise<{ readonly now: number }> {
  const answer = await storage.commit(uid, change(given))
  assertSame(answer.outcome, 'committed', `the outcome of a commit to ${JSON.stringify(uid)}`)
  return answer
}

/** An answer but for its time, which differs from one to the next. */
export function withoutTime({ now: _now, ...answer }: CommitAnswer): object {
  return answer
}

/** All that one can see of a session, as it is now whatever becomes of the answers. */
export async function stateOf(storage: Storage, uid: string): Promise<{ session: StoredSession | null; archive: unknown }> {
  const { session } = await storage.load(uid)
  const { records } = await storage.list(uid, { prefix: '', limit: 1_000 })
  return structuredClone({ session, archive: records })
}

/** A session as a load must show it. */
export function stored(version: Version, working: Facts = {}, wakeAt: number | null = null): StoredSession {
  return { version, working: recordsOf(working), wakeAt }
}

function patch(put: Facts | undefined, remove: readonly string[] = []): Patch {
  return { put: recordsOf(put), remove }
}

function isPairs(facts: Facts): facts is readonly (readonly [string, JsonValue])[] {
  return Array.isArray(facts)
}
