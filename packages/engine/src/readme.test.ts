import { readFileSync } from 'node:fs'
import { defineWorkflow } from '@triggerkit/config'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { createTriggers, defineTask, defineTasks, TriggerManager } from './index.js'
import type { Command, Event, View } from './index.js'
import { toSettings } from './options.js'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const squeeze = (text: string): string => text.split('\n').map((line) => line.trim()).filter((line) => line !== '').join('\n')

/** The README's example of that number, without its imports. */
function example(number: number): string {
  const block = read('../README.md').split('```ts\n')[number + 1]?.split('```')[0] ?? ''
  return squeeze(block.replace(/^import .*$/gm, ''))
}

/** What stands between the marks in this file. */
function shown(name: string): string {
  return squeeze(read('./readme.test.ts').split(`// begin ${name}\n`)[1]?.split(`// end ${name}\n`)[0] ?? '')
}

describe('the README', () => {
  it('begins with an example that runs as it stands there', async () => {
    // begin first
    const tasks = [defineTask('app.greet', ({ triggerKwargs }) => ({ greeted: triggerKwargs.met?.name ?? null }))]
    await using triggers = createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() }, tasks })
    await triggers.start()
    const manager = triggers.manager('guest:1')
    await manager.updateConfiguration({ t_greet: { after: ['met', 'seated'], run: 'app.greet' } })
    await manager.fire('seated')
    await manager.fire('met', { name: 'Ada' })
    await triggers.settled('guest:1')
    // end first

    expect((await manager.instance('t_greet#0')).result).toEqual({ greeted: 'Ada' })
    expect(shown('first')).toBe(example(0))
  })

  it('shows a typed workflow', async () => {
    const log = vi.spyOn(console, 'log').mockReturnValue()
    // begin typed
    const workflow = defineWorkflow({
      triggers: {
        pageReceived: z.object({ number: z.number(), answers: z.record(z.string(), z.string()) }), // any Standard Schema
        closed: null, // any kwargs
        t_import: z.object({ answers: z.number() }), // the result of the task of that name
      },
      tasks: {
        t_import: { after: ['closed'], andEvery: 'pageReceived', run: 'app.import' },
        t_thank: { after: ['t_import'], run: 'app.thank' },
      },
    })
    const tasks = defineTasks(workflow, {
      'app.import': ({ triggerKwargs }) => ({ answers: Object.keys(triggerKwargs.pageReceived.answers).length }),
      'app.thank': [{ maxRetries: 5 }, ({ triggerKwargs, uid }) => console.log(uid, triggerKwargs.t_import.answers)],
    })
    await using triggers = createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() }, workflow, tasks })
    await triggers.start()
    const manager = triggers.manager('survey:1')
    await manager.fire('pageReceived', { number: 1, answers: { name: 'Ada' } })
    await manager.fire('closed')
    await triggers.settled('survey:1')
    // end typed

    expect(log.mock.calls).toEqual([['survey:1', 1]])
    expect(shown('typed')).toBe(example(1))
    log.mockRestore()
  })

  it('shows a manager that reacts and has a hook', async () => {
    // begin manager
    class SurveyManager extends TriggerManager {
      static override readonly unresolvedLogLevel = 'WARNING'
      static override readonly configuration = { t_thank: { after: ['done'], run: 'app.thank' } }

      static override readonly react = (events: readonly Event[], view: View): readonly Command[] =>
        events.some(({ type }) => type === 'fired') && view.latestFiring('done') === undefined && view.latestFiring('page3') !== undefined
          ? [{ type: 'fire', trigger: 'done', kwargs: {} }]
          : []

      protected override async postFire(trigger: string, scheduled: readonly string[]): Promise<void> {
        console.log(trigger, scheduled)
      }
    }
    // end manager
    const log = vi.spyOn(console, 'log').mockReturnValue()
    const options = { storage: memoryStorage(), runners: { inline: inlineRunner() }, managers: { survey: SurveyManager }, manager: 'survey' }

    await createTriggers(options).manager('survey:1').fire('page3')

    expect(log.mock.calls).toEqual([
      ['page3', []],
      ['done', ['t_thank#0']],
    ])
    expect(shown('manager')).toBe(example(2))
    log.mockRestore()
  })

  it('lists every option, with the default that it has', () => {
    const table = read('../README.md').split('## Options')[1]?.split('## ')[0] ?? ''
    const settings = toSettings({ storage: memoryStorage(), runners: { inline: inlineRunner() } })

    for (const option of Object.keys(settings)) expect(table).toContain(`\`${option}\``)
    for (const [option, value] of Object.entries({ maxQueue: '10,000', maxPayloadBytes: '1,048,576', maxLosses: '3' })) {
      expect(table).toContain(`| \`${option}\` | ${value} |`)
      expect(Number(value.replaceAll(',', ''))).toBe(settings[option as 'maxQueue'])
    }
    expect([settings.lease, settings.sweepEvery, settings.commandTimeout]).toEqual([8_000, 1_000, 10_000])
  })
})
