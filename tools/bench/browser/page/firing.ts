import type { Triggers } from '@triggerkit/engine'
import { indexedDbStorage } from '@triggerkit/storage-indexeddb'
import { unwrap } from 'idb'

import { applicationOn, fireBeside, firesTogether, warmFire } from '../../fires.js'
import { alternate, fine } from '../../measure.js'
import { begunBy, type Begun } from './counting.js'
import { openRaw, raw, rawByIdb } from './raw-database.js'

const LANES = 64

type Series = readonly (readonly number[])[]

let opened: Triggers | undefined

/** The application of this tab, over the database that all tabs share. */
export function application(): Triggers {
  opened ??= newApplication()
  return opened
}

function newApplication(): Triggers {
  return applicationOn(indexedDbStorage({ name: 'bench' }))
}

/** Microseconds: the raw transaction, the same through idb, a fire; one at a time. */
export async function latency(): Promise<Series> {
  const database = await openRaw()
  return fine([raw(database, unwrap(database)), rawByIdb(database), warmFire(application())], { rounds: 9, operations: 60 })
}

/** Per second: raw transactions one at a time, and fires with many sessions in flight. */
export async function together(): Promise<Series> {
  const database = await openRaw()
  const fires = firesTogether(newApplication, LANES)
  const [alone = [], batches = []] = await alternate([raw(database, unwrap(database)), fires], { rounds: 7, operations: [120, 6] })
  await fires.close()
  return [alone, batches.map((rate) => rate * LANES)]
}

/** What a fire begins: alone, and in the company of others. */
export async function exact(): Promise<{ readonly alone: Begun; readonly batched: Begun }> {
  const alone = await begunBy(warmFire(application()), 50)
  const fires = firesTogether(newApplication, LANES)
  const { transactions, locks } = await begunBy(fires, 5)
  await fires.close()
  return { alone, batched: { transactions: transactions / LANES, locks: locks / LANES } }
}

/** Microseconds: a fire beside few finished instances, and beside many. */
export async function growth(): Promise<Series> {
  const variants = [await fireBeside(application(), 10), await fireBeside(application(), 10_000)]
  return fine(variants, { rounds: 9, operations: 60 })
}

/** Fires so often in one session, one after the other. */
export async function fireOften({ uid, count }: { readonly uid: string; readonly count: number }): Promise<void> {
  const manager = application().manager(uid)
  for (let index = 0; index < count; index += 1) await manager.fire('B', { index })
}
