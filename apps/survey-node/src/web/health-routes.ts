import type { Triggers } from '@triggerkit/engine'
import type { FastifyInstance } from 'fastify'

/** `GET /health`: 200 while the storage answers, else 503. */
export function healthRoutes(server: FastifyInstance, triggers: Triggers): void {
  server.get('/health', async (_request, reply) => {
    try {
      await triggers.sessions({ limit: 1 })
      return { status: 'ok' }
    } catch (error) {
      return reply.code(503).send({ status: 'unavailable', reason: error instanceof Error ? error.message : String(error) })
    }
  })
}
