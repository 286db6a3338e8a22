import type { JsonObject } from '@triggerkit/contracts'
import type { Triggers } from '@triggerkit/engine'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { questionnaireUid } from '../workflow/sessions.js'
import { questionnaireId } from './questionnaire-routes.js'

const instance = questionnaireId.extend({ name: z.string().min(1) })
const object = z.record(z.string(), z.json())
const replayed = z.object({ kwargs: object.nullable().default(null) })
const skipped = z.object({ cascade: z.boolean().default(false), result: object.default({}) })

/** What people do about failed instances: replay them, with better kwargs if need be, or skip them. */
export function instanceRoutes(server: FastifyInstance, triggers: Triggers): void {
  const at = '/questionnaires/:kind/:applicant/instances/:name'
  const found = (request: FastifyRequest) => {
    const { name, ...id } = instance.parse(request.params)
    const commandId = request.headers['idempotency-key']
    const options = typeof commandId === 'string' ? { commandId } : {}
    return { name, manager: triggers.manager(questionnaireUid(id)), options }
  }

  server.post(`${at}/replay`, async (request, reply) => {
    const { name, manager, options } = found(request)
    const { kwargs } = replayed.parse(request.body ?? {})
    return reply.code(202).send(await manager.replayFailedInstance(name, kwargs as JsonObject | null, options))
  })

  server.post(`${at}/skip`, async (request, reply) => {
    const { name, manager, options } = found(request)
    const { cascade, result } = skipped.parse(request.body ?? {})
    return reply.code(202).send(await manager.skipFailedInstance(name, { cascade, result: result as JsonObject, ...options }))
  })

  server.get(at, async (request) => {
    const { name, manager } = found(request)
    return manager.instance(name)
  })
}
