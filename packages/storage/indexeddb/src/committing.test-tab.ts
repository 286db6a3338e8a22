import type { Change, JsonValue, Storage, TriggerkitError } from '@triggerkit/contracts'

import { indexedDbStorage } from './index.js'

/** A change to a session's working set; what matters to a test is given. */
export function change(number: number, given: { working?: Record<string, JsonValue>; archive?: Record<string, JsonValue> } & Partial<Omit<Change, 'working' | 'archive'>> = {}): Change {
  const { working = {}, archive = {}, ...rest } = given
  return {
    commitId: crypto.randomUUID(),
    expect: { incarnation: 'one', number },
    expectAbsent: [],
    read: [],
    wakeAt: null,
    receipts: new Map(),
    ...rest,
    working: { put: new Map(Object.entries(working)), remove: [] },
    archive: { put: new Map(Object.entries(archive)), remove: [] },
  }
}

let storage: Storage | undefined

/** Opens a storage that the functions below use from now on. */
export function use({ name }: { name: string }): void {
  storage = indexedDbStorage({ name })
}

/** Commits one change, and answers with the outcome, or with what went wrong. */
export async function commit(given: { uid: string; number: number; working?: Record<string, JsonValue>; archive?: Record<string, JsonValue> }): Promise<unknown> {
  const { uid, number, working = {}, archive = {} } = given
  return used().commit(uid, change(number, { working, archive })).then(({ outcome }) => outcome, described)
}

/** Commits until there is no room, and answers with what went wrong: Chromium goes by an older answer of its own for some seconds. */
export async function fill(): Promise<unknown> {
  for (let index = 0; ; index += 1) {
    const outcome = await commit({ uid: `filling ${index}`, number: 0, archive: { large: 'x'.repeat(4_000_000) } })
    if (outcome !== 'committed') return outcome
  }
}

/** The number of a session's version, or nothing. */
export async function numberOf({ uid }: { uid: string }): Promise<number | undefined> {
  return (await used().load(uid)).session?.version.number
}

export async function forget({ uid }: { uid: string }): Promise<void> {
  await used().delete(uid)
}

function used(): Storage {
  if (storage === undefined) throw new Error('There is no storage; call `use` first.')
  return storage
}

function described(error: unknown): unknown {
  const { code, message, details } = error as TriggerkitError
  return { code, message, details }
}

/** Adds one to a session's counter, that many times, however often somebody else is faster. */
export async function increment({ name, times }: { name: string; times: number }): Promise<void> {
  const storage = indexedDbStorage({ name })
  for (let done = 0; done < times; ) done += (await addOne(storage)) ? 1 : 0
  await storage.close()
}

async function addOne(storage: Storage): Promise<boolean> {
  const { session } = await storage.load('s')
  const count = (session?.working.get('count') as number | undefined) ?? 0
  const { outcome } = await storage.commit('s', change(session?.version.number ?? 0, { working: { count: count + 1 } }))
  return outcome === 'committed'
}

/** Commits large changes without end, each of many records of one number; whoever asked crashes this tab meanwhile. */
export async function commitWithoutEnd({ name }: { name: string }): Promise<void> {
  const storage = indexedDbStorage({ name })
  const { session } = await storage.load('s')
  void (async () => {
    for (let number = session?.version.number ?? 0; ; number += 1) {
      const records = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`r${index}`, number + 1]))
      await storage.commit('s', change(number, { working: records, archive: records }))
      localStorage.setItem(`acknowledged ${name}`, String(number + 1))
    }
  })()
}

/** Keeps an older version of a database open, deaf to who asks it to close. */
export async function keepOpen({ database }: { database: string }): Promise<void> {
  await new Promise((resolve, reject) => {
    const request = indexedDB.open(database, 1)
    request.onsuccess = resolve
    request.onerror = reject
  })
}
