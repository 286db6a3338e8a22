import { readFileSync } from 'node:fs'
import { defineTask } from '@triggerkit/engine'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it, vi } from 'vitest'
import {
  assertInstanceFailed,
  assertInstanceFinished,
  assertInstanceReplayed,
  assertUnresolvedTasks,
  createTestbed,
  exampleTasks,
  faultyStorage,
  VirtualClock,
} from './index.js'
import * as everything from './index.js'
import type { FaultyStorage } from './index.js'
import { installMatchers } from './vitest.js'

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

// begin first
const importSubject = defineTask('app.importSubject', ({ triggerKwargs }) => ({ subject: triggerKwargs.firstPage?.name ?? null }))
const sendReminder = defineTask('app.sendReminder', { maxRetries: 2, retry: { delay: '7d', maxDelay: '30d' } }, () => {
  throw new RangeError('No address yet.')
})

it('imports the subject, and reminds it three times in three weeks', async () => {
  // 1. Configure.
  await using bed = await createTestbed({ tasks: [importSubject, sendReminder] })
  await bed.manager.updateConfiguration({
    t_import: { after: ['firstPage', 'complete'], run: 'app.importSubject', using: 'bullmq' },
    t_remind: { after: ['firstPage'], unless: ['paid'], run: 'app.sendReminder' },
    t_thank: { after: ['t_import', 'paid'], run: bed.task(() => ({ thanked: true })) },
  })

  // 2. Fire.
  await bed.manager.fire('firstPage', { name: 'Ada' })
  await bed.manager.fire('complete')

  // 3. Wait, through cascades and cooling retries: three weeks pass in milliseconds.
  await bed.drain()

  // 4. Assert.
  await assertInstanceFinished(bed.manager, 't_import#0', { subject: 'Ada' })
  await assertInstanceReplayed(bed.manager, 't_remind#0')
  await assertInstanceReplayed(bed.manager, 't_remind#1')
  await assertInstanceFailed(bed.manager, 't_remind#2', RangeError)
  await assertUnresolvedTasks(bed.manager, ['t_thank', 't_remind'])
  expect(bed.clock.monotonic()).toBe(21 * 24 * 60 * 60 * 1000)
})
// end first

describe('the README', () => {
  it('begins with an example that runs as it stands there', () => {
    expect(shown('first')).toBe(example(0))
  })

  it('shows how a crash is tested', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    const configuration = { t_work: { after: ['page'], run: 'work' } }
    const tasks = [defineTask('work', ({ attempt }) => (attempt === 1 ? new Promise(() => undefined) : { attempt }))]
    // begin crash
    const [clock, store] = [new VirtualClock(), new MemoryStore()]
    let line: FaultyStorage | undefined
    const crashing = await createTestbed({ clock, uid: 'survey:1', tasks, storage: (now) => (line = faultyStorage(memoryStorage({ now, store }))) })
    await crashing.manager.updateConfiguration(configuration)
    await crashing.manager.fire('page')
    await clock.advance(1) // the task begins
    line?.cut()
    await crashing.close()

    await using bed = await createTestbed({ clock, uid: 'survey:1', tasks, storage: (now) => memoryStorage({ now, store }) })
    await bed.drain()
    await assertInstanceFinished(bed.manager, 't_work#0', { attempt: 2 })
    // end crash

    expect(shown('crash')).toBe(example(2))
    warn.mockRestore()
  })

  it('shows the matchers', async () => {
    await using bed = await createTestbed({ tasks: [importSubject], configuration: { t_import: { after: ['firstPage'], run: importSubject } } })
    await bed.manager.fire('firstPage', { name: 'Ada' })
    await bed.drain()
    // begin matchers
    installMatchers(expect)

    await expect(bed.manager).toHaveFinishedInstance('t_import#0', { subject: expect.any(String) })
    await expect(bed.manager).not.toHaveFailedInstance('t_import#0')
    // end matchers

    expect(shown('matchers')).toBe(example(3))
  })

  it('shows a message as it is', async () => {
    class Timeout extends Error {
      readonly code = 'ETIMEDOUT'
    }
    const cause = Object.assign(new TypeError('socket hang up'), { stack: 'TypeError: socket hang up\n    at connect (net.ts:1:2)' })
    const error = Object.assign(new Timeout('No answer.', { cause }), { stack: 'Error: No answer.\n    at importSubject (import.ts:3:5)' })
    const tasks = { t_import: { after: ['x'], run: () => Promise.reject(error) }, t_thank: { after: ['x', 'paid'], run: 'devNull' }, t_remind: { after: ['firstPage'], run: 'devNull' } }
    await using bed = await createTestbed({ uid: 'survey:1', tasks: exampleTasks, configuration: tasks })
    await bed.manager.fire('x')
    await bed.drain()

    const failure = await assertInstanceFinished(bed.manager, 't_import#0').catch((reason: unknown) => reason)

    expect((failure as Error).message).toBe(read('../README.md').split('```text\n')[1]?.split('\n```')[0])
  })

  it('lists every assertion, matcher, example task and option', () => {
    const text = read('../README.md')
    const matchers: string[] = []
    installMatchers({ extend: (added) => void matchers.push(...Object.keys(added)) })

    const assertions = Object.keys(everything).filter((name) => name.startsWith('assert'))

    expect(assertions).toHaveLength(9)
    expect(matchers).toHaveLength(9)
    for (const name of assertions) expect(text).toContain(`| \`${name}(session, `)
    for (const name of matchers) expect(text).toContain(`| \`${name}(`)
    for (const { name } of exampleTasks) expect(text).toContain(`| \`${name}\` |`)
    for (const name of Object.keys(everything)) expect(text).toContain(name)
  })
})
