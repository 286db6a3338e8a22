import { randomUUID } from 'node:crypto'
import { setTimeout as elapse } from 'node:timers/promises'

import { Random } from '@triggerkit/tool-simulator'

import { Client, questionnaires } from './client.js'
import type { Filled, Overview } from './client.js'
import { startProcess } from './service.js'
import type { ServiceProcess } from './service.js'
import { summaryOf } from './summary.js'

export interface DemoOptions {
  readonly redisUrl: string
  readonly count: number
  readonly loud: boolean
  readonly say: (line: string) => void
}

/** How many questionnaires are filled in at once. */
const LANES = 16
/** How long all work may take until it is settled, in milliseconds. */
const PATIENCE = 60_000

/** Runs the whole demonstration; answers how many sessions did not come to the end that they should have. */
export async function runDemo({ redisUrl, count, loud, say }: DemoOptions): Promise<number> {
  const variables = { REDIS_URL: redisUrl, SURVEY_NAMESPACE: `demo-${randomUUID().slice(0, 8)}`, PORT: '0', SURVEY_LOG_LEVEL: 'warn' }
  const processes: ServiceProcess[] = []
  const start = async (part: 'web' | 'worker'): Promise<ServiceProcess> => {
    const started = await startProcess(part, variables, loud)
    processes.push(started)
    return started
  }
  try {
    const [web, doomed] = [await start('web'), await start('worker'), await start('worker')]
    say(`The service listens at ${web.ready}; two workers execute tasks.`)
    const client = new Client(web.ready)
    const filled = questionnaires(count, new Random(42, 'questionnaires'))
    const began = Date.now()
    await fill(client, filled, async () => {
      await doomed.kill()
      say(`Worker ${doomed.pid} was killed halfway through.`)
    })
    say(`${count} questionnaires were filled in over HTTP in ${Date.now() - began} ms, every third request twice.`)
    await settle(client, filled)
    await repair(client, filled, say)
    await settle(client, filled)
    return summaryOf(await look(client, filled), say)
  } finally {
    await Promise.all(processes.map((process) => process.stop().catch(() => undefined)))
  }
}

/** Sends everything, several questionnaires at once; calls `middle` when half of it is sent. */
async function fill(client: Client, filled: readonly Filled[], middle: () => Promise<void>): Promise<void> {
  const requests = filled.flatMap((questionnaire) => questionnaire.requests.map((request) => ({ questionnaire, request })))
  const half = Math.floor(requests.length / 2)
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < requests.length; index = next++) {
      const { questionnaire, request } = requests[index] as (typeof requests)[number]
      if (index === half) await middle()
      await client.send(questionnaire, request, index % 3 === 0)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

/** Waits until nothing is scheduled or runs any more. */
async function settle(client: Client, filled: readonly Filled[]): Promise<void> {
  const busy = new Set(['scheduled', 'running'])
  for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
    const { sessions } = await look(client, filled)
    const pending = sessions.some(({ overview }) => overview.instances.some(({ status }) => busy.has(status)))
    if (!pending) return
    await elapse(500)
  }
}

/** Does what an operator would about failed instances: one half is replayed with a better user agent, the other skipped. */
async function repair(client: Client, filled: readonly Filled[], say: (line: string) => void): Promise<void> {
  const { sessions } = await look(client, filled)
  const failed = sessions.flatMap(({ questionnaire, overview }) =>
    questionnaire === undefined ? [] : overview.instances.filter(({ status }) => status === 'failed').map((instance) => ({ questionnaire, instance })),
  )
  const better = { pageReceived: { page: 1, responses: {}, userAgent: 'Mozilla/5.0 Firefox/142.0' } }
  for (const [index, { questionnaire, instance }] of failed.entries()) {
    if (index % 2 === 0) await client.replay(questionnaire, instance.name, better)
    else await client.skip(questionnaire, instance.name)
  }
  const reasons = [...new Set(failed.map(({ instance }) => instance.error?.message ?? 'no reason'))].join(' ')
  say(`${failed.length} instances had failed (${reasons || 'none'}): ${Math.ceil(failed.length / 2)} were replayed, ${Math.floor(failed.length / 2)} skipped.`)
}

/** A session at the end, and the questionnaire that it belongs to; none for an applicant's. */
export interface LookedAt {
  readonly questionnaire: Filled | undefined
  readonly overview: Overview
}

export interface Look {
  readonly sessions: readonly LookedAt[]
}

async function look(client: Client, filled: readonly Filled[]): Promise<Look> {
  const applicants = [...new Set(filled.map(({ applicant }) => applicant))]
  const questionnaireSessions = filled.map(async (questionnaire) => ({ questionnaire, overview: await client.overview(questionnaire) }))
  const applicantSessions = applicants.map(async (name) => ({ questionnaire: undefined, overview: await client.applicant(name) }))
  return { sessions: await Promise.all([...questionnaireSessions, ...applicantSessions]) }
}
