import { beforeAll, describe, expect, it } from 'vitest'

import { isBadLine, type ReplayEvent } from '../../event.js'
import { runCommand } from '../../fake-world.js'
import type { Summary } from '../../summary.js'
import { questionnairePreset } from './questionnaire-preset.js'

let events: readonly ReplayEvent[] = []
let summary: Summary

beforeAll(async () => {
  const collected: ReplayEvent[] = []
  for await (const item of (await questionnairePreset()).events) {
    if (isBadLine(item)) throw new Error(`line ${item.line} ${item.reason}`)
    collected.push(item)
  }
  events = collected
  const { code, out } = await runCommand(['--preset', 'questionnaire', '--json'])
  expect(code).toBe(0)
  summary = JSON.parse(out.trim().split('\n').at(-1) ?? '') as Summary
})

/** The sessions in which a trigger was fired. */
function sessionsWith(trigger: string): readonly string[] {
  return [...new Set(events.filter((event) => event.trigger === trigger).map(({ session }) => session))]
}

function instancesOf(task: string): Partial<Summary['instances']> {
  return summary.tasks.find((counts) => counts.task === task)?.instances ?? {}
}

describe('the preset questionnaire', () => {
  it('counts its events, and the page that came twice once', () => {
    const pages = events.filter(({ trigger }) => trigger === 'pageReceived')

    expect(summary.events).toBe(events.length)
    expect(summary.duplicates).toBe(pages.length - new Set(pages.map(({ id }) => id)).size)
    expect(summary.duplicates).toBeGreaterThan(0)
  })

  it('imports the subject of each completed questionnaire, in whatever order its events came', () => {
    expect(instancesOf('t_importSubject')).toEqual({ finished: sessionsWith('questionnaireComplete').length, unstarted: 1 })
  })

  it('imports every page of those, and no other', () => {
    const completed = sessionsWith('questionnaireComplete')
    const pages = new Map(events.filter(({ trigger }) => trigger === 'pageReceived').map(({ id, session }) => [id, session]))
    const due = [...pages.values()].filter((session) => completed.includes(session))

    expect(instancesOf('t_importResponses')).toEqual({ finished: due.length, unstarted: pages.size - due.length })
  })

  it('asks for browsers unless the application is embedded, and a second time where the first failed', () => {
    const asked = sessionsWith('questionnaireComplete').length - sessionsWith('isEmbeddedApplication').length

    expect(instancesOf('t_importBrowserMetadata')).toEqual({ finished: asked, replayed: 1, abandoned: 1, unstarted: 1 })
  })
})
