import { fromPino } from '@triggerkit/engine'

import { createLogger } from '../logging.js'
import { readSettings } from '../settings.js'
import { stopSignal } from '../stop-signal.js'
import { createSurvey } from '../survey.js'
import { createServer } from './server.js'

/* A web process: takes requests and fires. Where everything lives in this process's memory, it must execute, too. */
const settings = readSettings(process.env)
const logger = createLogger(settings, 'web')
const triggers = createSurvey(settings, fromPino(logger))
const server = createServer(triggers, logger)

if (settings.runner === 'inline') await triggers.start()
const address = await server.listen({ host: settings.host, port: settings.port })
console.log(address)

logger.info({ signal: await stopSignal() }, 'Stopping.')
await server.close()
await triggers.close()
