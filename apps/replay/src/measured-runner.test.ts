import type { Job } from '@triggerkit/contracts'
import { createTriggers, defineTask, inlineRunner } from 'triggerkit'
import { describe, expect, it } from 'vitest'

import { MeasuredRunner, Workload } from './measured-runner.js'

const patient = { patienceMs: 60_000, signal: new AbortController().signal }

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
    await workload.below(3, patient)
    const during = workload.waiting
    const room = workload.below(1, patient)
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

describe('room in a workload', () => {
  it('is waited for no longer than patience lasts, and not again before a job has ended', async () => {
    const workload = new Workload()
    for (const id of ['1', '2', '3']) workload.add(id)
    let isLetGo = false

    await workload.below(1, { ...patient, patienceMs: 0 })
    await workload.below(1, patient)
    workload.remove('1')
    const room = workload.below(1, patient).then(() => (isLetGo = true))
    workload.remove('2')
    await new Promise((resolve) => setImmediate(resolve))
    const early = isLetGo
    workload.remove('3')
    await room

    expect(early).toBe(false)
  })

  it('is not waited for once the signal is aborted', async () => {
    const workload = new Workload()
    const stop = new AbortController()
    workload.add('1')

    const room = workload.below(1, { ...patient, signal: stop.signal })
    stop.abort()
    await room

    expect(workload.waiting).toBe(1)
  })
})
