import { openDB, type IDBPDatabase } from 'idb'

import type { Variant } from '../../measure.js'

/*
 * What IndexedDB can do at best: one transaction over two stores that gets a session of a kilobyte, puts it back with the next
 * version, and adds an entry of 150 bytes to an outbox. Everything on IndexedDB is measured by it.
 */
const STORES = ['sessions', 'outbox']
const RELAXED = { durability: 'relaxed' } as const
const ENTRY = 'y'.repeat(150)

interface RawSession {
  readonly uid: number
  readonly version: number
  readonly tasks: readonly string[]
  readonly instances: readonly object[]
  readonly metas: object
}

export async function openRaw(): Promise<IDBPDatabase> {
  return openDB('raw', 1, {
    upgrade(database) {
      database.createObjectStore('sessions', { keyPath: 'uid' })
      database.createObjectStore('outbox', { autoIncrement: true })
    },
  })
}

/** Such a transaction, without anything in between. */
export function rawTransaction(database: IDBDatabase, uid: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORES, 'readwrite', RELAXED)
    const sessions = transaction.objectStore('sessions')
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new Error('The raw transaction was aborted.'))
    const request = sessions.get(uid) as IDBRequest<RawSession>
    request.onsuccess = () => {
      sessions.put({ ...request.result, version: request.result.version + 1 })
      transaction.objectStore('outbox').add(ENTRY)
    }
  })
}

async function transactionByIdb(database: IDBPDatabase, uid: number): Promise<void> {
  const transaction = database.transaction(STORES, 'readwrite', RELAXED)
  const sessions = transaction.objectStore('sessions')
  const session = (await sessions.get(uid)) as RawSession
  await Promise.all([sessions.put({ ...session, version: session.version + 1 }), transaction.objectStore('outbox').add(ENTRY), transaction.done])
}

/** One raw transaction at a time, on another session each. */
export function raw(database: IDBPDatabase, unwrapped: IDBDatabase): Variant {
  return {
    name: 'raw transaction',
    async prepare(count) {
      await putSessions(database, count)
      return (index) => rawTransaction(unwrapped, index)
    },
  }
}

/** The same through idb. */
export function rawByIdb(database: IDBPDatabase): Variant {
  return {
    name: 'transaction by idb',
    async prepare(count) {
      await putSessions(database, count)
      return (index) => transactionByIdb(database, index)
    },
  }
}

/** Sessions of a kilobyte each. */
export async function putSessions(database: IDBPDatabase, count: number): Promise<void> {
  const transaction = database.transaction('sessions', 'readwrite', RELAXED)
  const instances = Array.from({ length: 5 }, (_, index) => ({ name: `t_join#${index}`, status: 'unstarted', firings: [], metadata: { note: 'x'.repeat(90) } }))
  for (let uid = 0; uid < count; uid += 1) {
    const session: RawSession = { uid, version: 1, tasks: ['t_join'], instances, metas: { created: 1_700_000_000_000 } }
    void transaction.store.put(session)
  }
  await transaction.done
}
