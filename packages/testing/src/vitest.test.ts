import { describe, expect, it } from 'vitest'
import { createTestbed, exampleTasks } from './index.js'
import type { Testbed } from './index.js'
import { installMatchers } from './vitest.js'

installMatchers(expect)

const configuration = {
  t_done: { after: ['page'], run: 'passThrough' },
  t_failed: { after: ['page'], run: 'failing', message: 'No.' },
  t_retried: { after: ['page'], run: 'selfRetrying', retries: 1 },
  t_skipped: { after: ['page'], run: 'selfSkipping' },
  t_abandoned: { after: ['page', 'never'], unless: ['embedded'], run: 'devNull' },
  t_waiting: { after: ['page', 'done'], run: 'devNull' },
  t_missing: { after: ['done'], run: 'devNull' },
}

async function ran(): Promise<Testbed> {
  const bed = await createTestbed({ uid: 'survey:1', tasks: exampleTasks, configuration })
  await bed.manager.fire('embedded')
  await bed.manager.fire('page', { number: 1 })
  await bed.drain()
  return bed
}

describe('the matchers', () => {
  it('say the same as the assertions', async () => {
    await using bed = await ran()
    const expected = expect(bed.manager)

    await expected.toHaveAbandonedInstance('t_abandoned#0')
    await expected.toHaveFailedInstance('t_failed#0')
    await expected.toHaveFailedInstance('t_failed#0', 'ExampleFailure')
    await expected.toHaveFinishedInstance('t_done#0')
    await expected.toHaveFinishedInstance('t_done#0', { kwargs: { page: { number: expect.any(Number) } } })
    await expected.toHaveMissingInstance('t_missing#0')
    await expected.toHaveReplayedInstance('t_retried#0')
    await expected.toHaveSkippedInstance('t_skipped#0')
    await expected.toHaveUnstartedInstance('t_waiting#0')
    await expected.toHaveUnresolvedTasks(['t_waiting', 't_failed', 't_missing'])
    await expect(bed.triggers.session('survey:1')).toHaveUnresolvedInstances(['t_waiting#0', 't_failed#0'])
  })

  it('say the contrary with not', async () => {
    await using bed = await ran()
    const { not } = expect(bed.manager)

    await not.toHaveAbandonedInstance('t_done#0')
    await not.toHaveFailedInstance('t_failed#0', 'RangeError')
    await not.toHaveFinishedInstance('t_done#0', {})
    await not.toHaveMissingInstance('t_done#0')
    await not.toHaveReplayedInstance('t_retried#1')
    await not.toHaveSkippedInstance('t_done#0')
    await not.toHaveUnstartedInstance('t_missing#0')
    await not.toHaveUnresolvedTasks([])
    await not.toHaveUnresolvedInstances(['t_waiting#0'])
  })

  it('fail where they should, with the message of the assertion and with what differs', async () => {
    await using bed = await ran()

    const failure = expect(bed.manager).toHaveFinishedInstance('t_done#0', { kwargs: {} })

    await expect(failure).rejects.toMatchObject({
      message: expect.stringMatching(/^t_done#0 should have finished with {"kwargs":{}}, but its result is {"kwargs":{"page":{"number":1}}}\.\nSession "survey:1":\n/),
      actual: { kwargs: { page: { number: 1 } } },
      expected: { kwargs: {} },
    })
  })

  it.each([
    ['t_abandoned#0 should not have been abandoned, but it was.', (bed: Testbed) => expect(bed.manager).not.toHaveAbandonedInstance('t_abandoned#0')],
    ['t_failed#0 should not have failed with ExampleFailure, but it did.', (bed: Testbed) => expect(bed.manager).not.toHaveFailedInstance('t_failed#0', 'ExampleFailure')],
    ['t_done#0 should not have finished, but it did.', (bed: Testbed) => expect(bed.manager).not.toHaveFinishedInstance('t_done#0')],
    ['t_missing#0 should exist, but it is missing.', (bed: Testbed) => expect(bed.manager).not.toHaveMissingInstance('t_missing#0')],
    ['t_retried#0 should not have been replayed, but it was.', (bed: Testbed) => expect(bed.manager).not.toHaveReplayedInstance('t_retried#0')],
    ['t_skipped#0 should not have been skipped, but it was.', (bed: Testbed) => expect(bed.manager).not.toHaveSkippedInstance('t_skipped#0')],
    ['t_waiting#0 should not be unstarted, but it is.', (bed: Testbed) => expect(bed.manager).not.toHaveUnstartedInstance('t_waiting#0')],
    ['The unresolved tasks should not be t_waiting, t_failed, t_missing, but they are.', (bed: Testbed) => expect(bed.manager).not.toHaveUnresolvedTasks(['t_waiting', 't_failed', 't_missing'])],
    ['The unresolved instances should not be t_waiting#0, t_failed#0, but they are.', (bed: Testbed) => expect(bed.manager).not.toHaveUnresolvedInstances(['t_waiting#0', 't_failed#0'])],
  ])('fail with not where they should: %s', async (fault, negated) => {
    await using bed = await ran()

    const failure = negated(bed)

    const { message } = (await Promise.resolve(failure).catch((error: unknown) => error)) as Error
    expect(message.split('\n')[0]).toBe(fault)
    expect(message).toContain('\n  t_waiting#0 is unstarted, waits for done\n')
  })

  it('refuse what names no instance', async () => {
    await using bed = await ran()

    await expect(expect(bed.manager).not.toHaveFinishedInstance('t_done')).rejects.toMatchObject({ code: 'InvalidName' })
  })
})
