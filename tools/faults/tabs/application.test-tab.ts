import { createTriggers, exportSession, importSession, type ExportedSession, type Triggers } from '@triggerkit/engine'
import { webWorkerRunner } from '@triggerkit/runners-web-worker'
import { indexedDbStorage, type IndexedDbStorage } from '@triggerkit/storage-indexeddb'
import { tabs } from '@triggerkit/tabs'
import { openDB } from 'idb'

import { countsOf, type Counts } from './counts.js'
import type { Stored } from './evidence.js'
import type { Wish } from './plan.js'
import type { Point } from './points.js'
import { Watch, type Station } from './watched-ports.js'

/*
 * What each tab loads: `tab`, whose methods the run calls. Nothing leaves it but plain data.
 */

const watch = new Watch(globalThis as unknown as Station)
let triggers: Triggers
let storage: IndexedDbStorage
let database: string

/** Composes the application, the same as in any other tab of that name. */
function compose({ name, lease }: { readonly name: string; readonly lease: number }): void {
  database = `triggerkit:${name}`
  storage = watch.storage(indexedDbStorage({ name }))
  const worker = watch.runner(webWorkerRunner({ spawn: () => new Worker('/worker.js', { type: 'module' }), workers: 1 }))
  triggers = createTriggers({ storage, runners: { worker }, presence: tabs({ name, lease }), recorder: watch })
}

async function start(application: Parameters<typeof compose>[0]): Promise<void> {
  compose(application)
  await triggers.start()
}

/** Grants a client's wish; known by its id, it can be repeated in any tab. */
async function grant(uid: string, { id, trigger, payload }: Wish): Promise<void> {
  const manager = triggers.manager(uid)
  if (trigger === null) await manager.updateConfiguration(payload, { commandId: id })
  else {
    await watch.reach('fire called')
    await manager.fire(trigger, payload, { id })
    await watch.reach('fire answered')
  }
}

async function counts(uid: string): Promise<Counts> {
  return countsOf(await triggers.session(uid).instances())
}

async function stored(uid: string): Promise<Stored> {
  const session = await exportSession(storage, uid)
  const { session: loaded } = await storage.load(uid)
  return { version: loaded?.version.number ?? 0, session, commitIds: await commitIds(uid) }
}

const takeIn = (session: ExportedSession): Promise<string> => importSession(storage, session)

/** The storage tells nobody which changes it has applied, but its database knows. */
async function commitIds(uid: string): Promise<readonly string[]> {
  const connection = await openDB(database)
  const [row, moved] = await Promise.all([connection.get('sessions', uid) as Promise<{ retained: string } | undefined>, connection.getAll('retained') as Promise<{ marks: string[] }[]>])
  connection.close()
  const prefix = `${uid.length} ${uid}`
  const earlier = moved.flatMap(({ marks }) => marks.filter((mark) => mark.startsWith(prefix)).map((mark) => mark.slice(prefix.length)))
  const latest = row === undefined ? [] : (JSON.parse(row.retained) as [mark: string, text: string][]).map(([mark]) => mark)
  return [...earlier, ...latest].filter((mark) => mark.startsWith('c')).map((mark) => mark.slice(1))
}

const arm = (point: Point): void => watch.arm(point)
const idle = (): Promise<void> => triggers.idle()

const follow = (uid: string): void => void triggers.session(uid).subscribe(() => undefined)
Object.assign(globalThis, { tab: { compose, start, takeIn, arm, grant, counts, stored, idle, follow } })
