import { deleteDB } from 'idb'

import { indexedDbStorage, type IndexedDbStorage, type IndexedDbStorageOptions } from '../index.js'

const closings: (() => Promise<unknown>)[] = []

/** Has `close` called when the test is over, before what was handed in earlier. */
export function atEnd(close: () => Promise<unknown>): void {
  closings.push(close)
}

/** Closes what the test has opened, and deletes its databases. */
export async function closeAll(): Promise<void> {
  for (const close of closings.splice(0).reverse()) await close()
}

/** A name of its own for each test: the files of one run share an origin. */
export function newName(): string {
  const name = `test ${crypto.randomUUID()}`
  atEnd(() => deleteDB(`triggerkit:${name}`))
  return name
}

/** A storage under a new name, unless one is given. */
export function open(options: Partial<IndexedDbStorageOptions> = {}): IndexedDbStorage {
  const storage = indexedDbStorage({ name: options.name ?? newName(), ...options })
  atEnd(() => storage.close())
  return storage
}
