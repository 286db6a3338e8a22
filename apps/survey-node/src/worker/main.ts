import { fromPino } from '@triggerkit/engine'

import { createLogger } from '../logging.js'
import { readSettings } from '../settings.js'
import { stopSignal } from '../stop-signal.js'
import { createSurvey } from '../survey.js'

/* A worker process: executes, and looks after what others left behind. */
const settings = readSettings(process.env)
const logger = createLogger(settings, 'worker')
const triggers = createSurvey(settings, fromPino(logger))

await triggers.start()
console.log('ready')

logger.info({ signal: await stopSignal() }, 'Stopping.')
await triggers.close({ drain: true })
