import type { Storage } from '@triggerkit/contracts'
import { createTriggers, exportSession, importSession, type ExportedSession, type Triggers } from '@triggerkit/engine'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'

import { UID } from './survey.js'

/** Where the session lies. */
export interface Shelves {
  readonly storage: Storage
  readonly triggers: Triggers
  /** Keeps the session while another one takes its place. Nothing runs in there. */
  readonly aside: Storage
}

/** Hands the session to the user as a JSON file. @throws `InvalidArgument` if there is none */
export async function saveSession({ storage }: Shelves): Promise<void> {
  const text = JSON.stringify(await exportSession(storage, UID), null, 2)
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  link.download = 'questionnaire.json'
  link.click()
  URL.revokeObjectURL(link.href)
}

/**
 * Puts the session of a file in place of the one there is, in all tabs. A file that can't be read, or for which there is no room,
 * leaves everything as it was.
 * @throws `InvalidArgument`, `UnsupportedFormat`, `StorageRefused`, `SyntaxError`
 */
export async function loadSession(shelves: Shelves, file: File): Promise<void> {
  const { storage, triggers, aside } = shelves
  const exported = JSON.parse(await file.text()) as ExportedSession
  await tryOut(exported)
  if (await has(storage)) await importSession(aside, await exportSession(storage, UID))
  await triggers.delete(UID)
  await importSession(storage, exported, { uid: UID }).finally(() => putBack(shelves))
}

/** Puts back a session whose place no other one has taken, for lack of room or because the page crashed. */
export async function putBack({ storage, aside }: Shelves): Promise<void> {
  if (!(await has(aside))) return
  if (!(await has(storage))) await importSession(storage, await exportSession(aside, UID))
  await aside.delete(UID)
}

async function has(storage: Storage): Promise<boolean> {
  return (await storage.load(UID)).session !== null
}

/** Reads the whole of it in memory, before anything is given up for it. */
async function tryOut(exported: ExportedSession): Promise<void> {
  const storage = memoryStorage()
  await importSession(storage, exported, { uid: UID })
  await using triggers = createTriggers({ storage, runners: { inline: inlineRunner() } })
  await triggers.session(UID).debugView()
}
