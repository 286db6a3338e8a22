import { createTriggers, exportSession, importSession, type ExportedSession } from '@triggerkit/engine'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'

import { UID, type Survey } from './survey.js'

/** Hands the session to the user as a JSON file. @throws `InvalidArgument` if there is none */
export async function saveSession({ storage }: Survey): Promise<void> {
  const text = JSON.stringify(await exportSession(storage, UID), null, 2)
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  link.download = 'questionnaire.json'
  link.click()
  URL.revokeObjectURL(link.href)
}

/**
 * Puts the session of a file in place of the one there is, in all tabs. A file that can't be read leaves everything as it was.
 * @throws `InvalidArgument`, `UnsupportedFormat`, `SyntaxError`
 */
export async function loadSession({ storage, triggers }: Survey, file: File): Promise<void> {
  const exported = JSON.parse(await file.text()) as ExportedSession
  await tryOut(exported)
  await triggers.delete(UID)
  await importSession(storage, exported, { uid: UID })
}

/** Reads the whole of it in memory, before anything is given up for it. */
async function tryOut(exported: ExportedSession): Promise<void> {
  const storage = memoryStorage()
  await importSession(storage, exported, { uid: UID })
  await using triggers = createTriggers({ storage, runners: { inline: inlineRunner() } })
  await triggers.session(UID).debugView()
}
