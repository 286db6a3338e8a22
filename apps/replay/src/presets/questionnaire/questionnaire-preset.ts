import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'

import { readEvents } from '../../event-source.js'
import type { Preset } from '../../preset.js'
import { questionnaireTasks } from './questionnaire-tasks.js'

const events = new URL('./events.ndjson', import.meta.url)

/** The reference documentation's questionnaire, with five people who fill it in, each in an order of their own. */
export async function questionnairePreset(): Promise<Preset> {
  return {
    title: 'the questionnaire of the reference documentation',
    configuration: new URL('./configuration.jsonc', import.meta.url),
    tasks: questionnaireTasks,
    events: readEvents(createReadStream(events)),
    total: (await readFile(events, 'utf8')).trim().split('\n').length,
  }
}
