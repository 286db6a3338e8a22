import type { Job } from '@triggerkit/contracts'
import { createTriggers, defineTask, inlineRunner } from 'triggerkit'
import { describe, expect, it } from 'vitest'

import { MeasuredRunner, Workload } from './measured-runner.js'

describe('a measured runner', () => {
  it('tells how many jobs wait or run, and what came of them', async () => {
    const workload = new Workload()
    let finish = (): void => undefined
    const gate = new Promise<void>((resolve) => (finish = resolve))
    const triggers = createTriggers({
      runners: { inline: new MeasuredRunner(inlineRunner(), workload) },
      tasks: [
        defineTask('wait', () => gate),
        defineTask('fail', () => {
          throw new Error('no')
        }),
      ],
      configuration: { t_wait: { after: [], andEvery: 'go', run: 'wait' }, t_fail: { after: ['go'], run: 'fail' } },
    })
    await triggers.start()

    await triggers.manager('a').fire('go')
    await triggers.manager('b').fire('go')
    await workload.below(3)
    const during = workload.waiting
    const room = workload.below(1)
    finish()
    await room
    await triggers.idle()
    await triggers.close()

    expect(during).toBe(2)
    expect(workload.waiting).toBe(0)
    expect(workload.ended).toMatchObject({ finished: 2, failed: 2 })
  })

  it('forgets a job that the runner did not take', async () => {
    const workload = new Workload()
    const runner = new MeasuredRunner(inlineRunner(), workload)
    const job: Job = { id: '1', storage: 's', manager: 'm', uid: 'u', incarnation: 'i', instance: 't#0', task: 't', run: 'r', runner: 'inline', round: 1, attempt: 1, notBefore: null }
    await runner.close({ drain: false })

    const taken = runner.dispatch(job, { repeated: false, extras: {} })

    await expect(taken).rejects.toThrow('closed')
    expect(workload.waiting).toBe(0)
  })

  it('does not count a job that cools down, until it ends', async () => {
    const workload = new Workload()
    const runner = new MeasuredRunner(inlineRunner(), workload)
    const job: Job = { id: '1', storage: 's', manager: 'm', uid: 'u', incarnation: 'i', instance: 't#0', task: 't', run: 'r', runner: 'inline', round: 1, attempt: 1, notBefore: 9e15 }

    await runner.dispatch(job, { repeated: false, extras: {} })

    expect(workload.waiting).toBe(0)
    await runner.cancel('1')
  })
})
