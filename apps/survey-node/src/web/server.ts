import { isTriggerkitError } from '@triggerkit/contracts'
import type { Triggers } from '@triggerkit/engine'
import { fastify } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { z } from 'zod'

import { healthRoutes } from './health-routes.js'
import { instanceRoutes } from './instance-routes.js'
import { questionnaireRoutes } from './questionnaire-routes.js'
import { statusOf } from './status-of.js'

/** How long a request may take to come, in milliseconds. */
const REQUEST_TIMEOUT = 30_000

/**
 * The service's HTTP side. It fires and looks; it executes nothing.
 * @param farewell - how long requests that are under way when it is closed may take to be answered, in milliseconds
 */
export function createServer(triggers: Triggers, logger: FastifyBaseLogger, farewell = 10_000): FastifyInstance {
  // Parameters are validated by their routes, which say what is wrong with them.
  const server = fastify({ loggerInstance: logger, requestTimeout: REQUEST_TIMEOUT, routerOptions: { maxParamLength: 1_000 } })
  server.setErrorHandler((error: unknown, request, reply) => {
    const { status, body } = answerOf(error)
    if (status >= 500) request.log.error({ err: error }, 'A request failed.')
    return reply.code(status).send(body)
  })
  server.setNotFoundHandler(({ method, url }, reply) => reply.code(404).send({ code: 'NotFound', message: `There is no ${method} ${url}.` }))
  server.addHook('preClose', async () => {
    setTimeout(() => server.server.closeAllConnections(), farewell).unref()
  })
  healthRoutes(server, triggers)
  questionnaireRoutes(server, triggers)
  instanceRoutes(server, triggers)
  return server
}

interface ErrorAnswer {
  readonly status: number
  readonly body: { readonly code: string; readonly message: string; readonly details?: unknown }
}

function answerOf(error: unknown): ErrorAnswer {
  if (error instanceof z.ZodError) {
    const faults = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
    return { status: 400, body: { code: 'InvalidRequest', message: 'The request is not what is expected.', details: { faults } } }
  }
  if (isTriggerkitError(error)) {
    const { code, message, details } = error
    return { status: statusOf(code), body: { code, message, details } }
  }
  const { statusCode = 500, code = 'Failed', message } = error as { statusCode?: number; code?: string; message: string }
  return { status: statusCode, body: { code, message: statusCode < 500 ? message : 'Something went wrong here.' } }
}
