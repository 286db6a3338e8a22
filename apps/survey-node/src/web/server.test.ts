import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'

import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { readSettings } from '../settings.js'
import { createSurvey } from '../survey.js'
import { createServer } from './server.js'

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const triggersOf = () => createSurvey(readSettings({}), SILENT)

let triggers = triggersOf()
let server = createServer(triggers, pino({ level: 'silent' }))

beforeEach(async () => {
  triggers = triggersOf()
  server = createServer(triggers, pino({ level: 'silent' }))
  await triggers.start()
})

afterEach(async () => {
  await server.close()
  await triggers.close({ drain: false })
})

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown> & { readonly instances?: readonly { readonly name: string; readonly status: string }[] }
}

async function post(path: string, body: object, key?: string): Promise<Answer> {
  const answer = await server.inject({ method: 'POST', url: path, payload: body, ...(key !== undefined && { headers: { 'idempotency-key': key } }) })
  return { status: answer.statusCode, body: answer.json() }
}

async function get(path: string): Promise<Answer> {
  const answer = await server.inject({ method: 'GET', url: path })
  return { status: answer.statusCode, body: answer.json() }
}

const page = (number: number, userAgent = 'Mozilla/5.0 Firefox/142.0') => ({
  page: number,
  responses: number === 1 ? { name: 'Ada', birthday: '1815-12-10' } : { question: 'yes' },
  userAgent,
})

async function statuses(path: string): Promise<Record<string, string>> {
  return Object.fromEntries(((await get(path)).body.instances ?? []).map(({ name, status }) => [name, status]))
}

describe('a questionnaire', () => {
  it('is imported, looked up and archived, in whatever order its pages come', async () => {
    await post('/questionnaires/flora/ada/pages', page(2))
    await post('/questionnaires/flora/ada/complete', {})
    await post('/questionnaires/flora/ada/pages', page(1))
    await triggers.idle()

    expect(await statuses('/questionnaires/flora/ada')).toEqual({
      't_importSubject#0': 'finished',
      't_importResponses#0': 'finished',
      't_importResponses#1': 'finished',
      't_importBrowser#0': 'finished',
      't_archive#0': 'finished',
    })
  })

  it('takes a page once, however often it is sent under one key', async () => {
    const first = await post('/questionnaires/flora/ada/pages', page(1), 'key')
    const again = await post('/questionnaires/flora/ada/pages', page(1), 'key')

    expect([first.status, again.status, again.body['duplicate']]).toEqual([202, 200, true])
    expect(Object.keys(await statuses('/questionnaires/flora/ada'))).toHaveLength(3)
  })

  it('leads to one assessment, once the third pages of both are there', async () => {
    await post('/questionnaires/flora/ada/pages', page(3))
    await triggers.idle()
    const before = await statuses('/applicants/ada')
    await post('/questionnaires/fauna/ada/pages', page(3))
    await triggers.idle()

    expect([before, await statuses('/applicants/ada')]).toEqual([{ 't_assess#0': 'unstarted' }, { 't_assess#0': 'finished' }])
  })
})

describe('a failed instance', () => {
  async function failed(): Promise<void> {
    await post('/questionnaires/flora/ada/pages', page(1, 'Steam/1'))
    await post('/questionnaires/flora/ada/complete', {})
    await triggers.idle()
  }

  it('is replayed with better kwargs, and the questionnaire comes to its end', async () => {
    await failed()
    const kwargs = { pageReceived: page(1) }

    const { status, body } = await post('/questionnaires/flora/ada/instances/t_importBrowser%230/replay', { kwargs })
    await triggers.idle()

    expect([status, body['clone']]).toEqual([202, 't_importBrowser#1'])
    expect(await statuses('/questionnaires/flora/ada')).toMatchObject({ 't_importBrowser#0': 'replayed', 't_importBrowser#1': 'finished', 't_archive#0': 'finished' })
  })

  it('is skipped, and the questionnaire comes to its end', async () => {
    await failed()

    await post('/questionnaires/flora/ada/instances/t_importBrowser%230/skip', {})
    await triggers.idle()

    expect(await statuses('/questionnaires/flora/ada')).toMatchObject({ 't_importBrowser#0': 'skipped', 't_archive#0': 'finished' })
  })

  it('is shown whole, with its error', async () => {
    await failed()

    const { body } = await get('/questionnaires/flora/ada/instances/t_importBrowser%230')

    expect(body).toMatchObject({ status: 'failed', error: { type: 'RangeError', message: 'The browser "Steam/1" is unknown.' } })
  })
})

describe('a service that stops', () => {
  it('answers what was asked before', async () => {
    const address = await server.listen()
    const sessions = triggers.sessions.bind(triggers)
    let release = (): void => undefined
    const asked = new Promise<void>((resolve) => {
      triggers.sessions = async (page) => {
        resolve()
        await new Promise<void>((go) => (release = go))
        return sessions(page)
      }
    })

    const answer = fetch(`${address}/health`)
    await asked
    const closed = server.close()
    release()

    expect((await answer).status).toBe(200)
    await closed
  })

  it('waits no longer than its farewell for a request that never comes to its end', async () => {
    const hasty = createServer(triggers, pino({ level: 'silent' }), 50)
    await hasty.listen()
    const socket = connect((hasty.server.address() as AddressInfo).port)
    const begun = new Promise((resolve) => hasty.server.once('request', resolve))
    socket.write('POST /questionnaires/flora/ada/pages HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{')
    await begun

    await hasty.close()

    expect(hasty.server.listening).toBe(false)
    socket.destroy()
  })

  it('gives a request half a minute to come', () => {
    expect(server.server.requestTimeout).toBe(30_000)
  })
})

describe('a request that will not do', () => {
  it('is told apart from one with a long name', async () => {
    const names = ['a'.repeat(200), 'ä'.repeat(200), 'a'.repeat(201)]

    const questionnaires = await Promise.all(names.map((name) => post(`/questionnaires/flora/${encodeURIComponent(name)}/complete`, {})))
    const applicants = await Promise.all(names.map((name) => get(`/applicants/${encodeURIComponent(name)}`)))

    expect(questionnaires.map(({ status }) => status)).toEqual([202, 202, 400])
    expect(applicants.map(({ status }) => status)).toEqual([200, 200, 400])
  })

  it('is answered with a code where there is nothing', async () => {
    expect(await get('/nothing')).toMatchObject({ status: 404, body: { code: 'NotFound' } })
  })

  it('is answered with what is wrong with it, and changes nothing', async () => {
    const answers = [
      await post('/questionnaires/flora/ada/pages', { page: 0, responses: {} }),
      await post('/questionnaires/fungi/ada/complete', {}),
      await post('/questionnaires/flora/ada/instances/t_importBrowser%239/replay', {}),
      await post('/questionnaires/flora/ada/pages', page(1), ''),
    ]

    expect(answers.map(({ status, body }) => [status, body['code']])).toEqual([
      [400, 'InvalidRequest'],
      [400, 'InvalidRequest'],
      [404, 'UnknownInstance'],
      [400, 'InvalidRequest'],
    ])
    expect(JSON.stringify(answers[0]?.body)).toContain('"path":"page"')
    expect((await get('/questionnaires/flora/ada')).body['exists']).toBe(false)
  })

  it('may be repeated once the service is open again', async () => {
    await triggers.close()

    expect([(await post('/questionnaires/flora/ada/complete', {})).status, (await get('/health')).status]).toEqual([503, 503])
  })
})
