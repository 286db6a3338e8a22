import { randomUUID } from 'node:crypto'

import type { Triggers } from '@triggerkit/engine'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'

import { Questionnaire } from '../survey.js'
import { kind, page } from '../workflow/forms.js'
import { applicantUid } from '../workflow/sessions.js'
import { overviewOf } from './overview-of.js'

export const questionnaireId = z.object({ kind, applicant: z.string().min(1).max(200) })

/** What happens to questionnaires: pages come in, they are completed, somebody looks. */
export function questionnaireRoutes(server: FastifyInstance, triggers: Triggers): void {
  const questionnaire = (request: FastifyRequest): Questionnaire => new Questionnaire(triggers, questionnaireId.parse(request.params))
  const at = '/questionnaires/:kind/:applicant'

  server.post(`${at}/pages`, async (request, reply) => {
    const fires = await questionnaire(request).pageReceived(page.parse(request.body), idempotencyKey(request))
    const duplicate = fires.every((fire) => fire.duplicate)
    return reply.code(duplicate ? 200 : 202).send({ duplicate, scheduled: fires.flatMap(({ scheduled }) => scheduled) })
  })

  server.post(`${at}/complete`, async (request, reply) => {
    const { duplicate, scheduled } = await questionnaire(request).completed(idempotencyKey(request))
    return reply.code(duplicate ? 200 : 202).send({ duplicate, scheduled })
  })

  server.post(`${at}/embedded`, async (request, reply) => {
    const { duplicate, abandoned } = await questionnaire(request).embedded(idempotencyKey(request))
    return reply.code(duplicate ? 200 : 202).send({ duplicate, abandoned })
  })

  server.get(at, async (request) => overviewOf(questionnaire(request).manager))

  server.get('/applicants/:applicant', async (request) => {
    const { applicant } = questionnaireId.pick({ applicant: true }).parse(request.params)
    return overviewOf(triggers.session(applicantUid(applicant)))
  })
}

/** The key under which a request may be repeated: the caller's, else one that nobody can repeat. */
function idempotencyKey({ headers }: FastifyRequest): string {
  const given = headers['idempotency-key']
  return z.string().min(1).max(200).parse(given ?? randomUUID())
}
