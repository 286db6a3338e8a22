import type { Job, Runner } from '@triggerkit/contracts'
import { demand, demandEqual } from '../demand.js'
import type { RunnerCase } from '../runner-case.js'
import type { Stage } from '../stage.js'

/** A runner with a job that runs until the stage's host releases it. */
async function busy(stage: Stage): Promise<{ runner: Runner; job: Job }> {
  const runner = await stage.started()
  const job = stage.job('hold')
  await stage.dispatch(runner, job)
  await stage.begun(job)
  return { runner, job }
}

export const idleCases: readonly RunnerCase[] = [
  {
    id: 'runner/idle/empty-at-once',
    promise: 'idle() resolves at once where nothing was handed over, started or not.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.open()

      await stage.idle(runner)
      await stage.start(runner)
      await stage.idle(runner)
    },
  },
  {
    id: 'runner/idle/waits-for-what-runs',
    promise: 'idle() does not resolve while a job runs, for none of its callers; then for all.',
    requires: {},
    run: async (stage) => {
      const { runner, job } = await busy(stage)
      const callers = [runner.idle(), runner.idle()]

      demand(!(await stage.settlesSoon(Promise.race(callers))), 'idle() resolved while a job was running')
      stage.host.release()

      await stage.ended(job)
      for (const caller of callers) await stage.within(caller, 'idle() resolves after the end of all jobs')
    },
  },
  {
    id: 'runner/idle/waits-for-what-was-taken-before-the-start',
    promise: 'idle() does not resolve while a job waits for the runner\'s start.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.open()
      const job = stage.job()
      await stage.dispatch(runner, job)
      const idle = runner.idle()

      demand(!(await stage.settlesSoon(idle)), 'idle() resolved though a job waited for the start')
      await stage.start(runner)

      await stage.within(idle, 'idle() resolves after the start and the end of the job')
      demandEqual(stage.host.executions.get(job.id)?.ended, true, 'whether the job has ended')
    },
  },
  {
    id: 'runner/idle/waits-for-what-follows',
    promise: 'idle() waits for what executions hand over in turn.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const [first, second, last] = [stage.job(), stage.job(), stage.job('hold')]
      let goOn = (): void => undefined
      const awaited = new Promise<void>((resolve) => (goOn = resolve))
      stage.host.afterwards.set(first.id, () => awaited.then(() => stage.dispatch(runner, second)))
      stage.host.afterwards.set(second.id, () => stage.dispatch(runner, last))
      await stage.dispatch(runner, first)
      const idle = runner.idle()
      goOn()
      await stage.begun(last)

      demand(!(await stage.settlesSoon(idle)), 'idle() resolved while a job was running that an execution had handed over')
      stage.host.release()

      await stage.within(idle, 'idle() resolves after the end of the last job')
    },
  },
  {
    id: 'runner/idle/waits-for-what-is-delayed',
    promise: 'idle() waits for jobs whose time has not come yet, such as cooling retries.',
    requires: { delays: true },
    run: async (stage) => {
      const runner = await stage.started()
      const job = stage.job('echo', { notBefore: stage.host.now() + 100 })
      await stage.dispatch(runner, job)

      await stage.idle(runner)

      demandEqual(stage.host.executions.get(job.id)?.ended, true, 'whether the delayed job has ended')
    },
  },
  {
    id: 'runner/idle/can-be-repeated',
    promise: 'idle() can be awaited again, and waits for what was handed over since.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      await stage.goesOn(runner, 'the start')
      await stage.idle(runner)
      const job = stage.job('hold')
      await stage.dispatch(runner, job)
      const again = runner.idle()

      demand(!(await stage.settlesSoon(again)), 'idle(), called again, resolved while a job was running')
      stage.host.release()

      await stage.within(again, 'idle(), called again, resolves after the end of the job')
    },
  },
  {
    id: 'runner/idle/forgets-what-was-cancelled',
    promise: 'idle() does not wait for a job that was cancelled while it waited.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.open()
      const job = stage.job()
      await stage.dispatch(runner, job)
      const idle = runner.idle()

      await stage.cancel(runner, job)

      await stage.within(idle, 'idle() resolves after the only job was cancelled')
    },
  },
  {
    id: 'runner/idle/ends-with-close',
    promise: 'idle() resolves when the runner is closed, whatever still runs.',
    requires: {},
    run: async (stage) => {
      const { runner } = await busy(stage)
      const idle = runner.idle()

      await stage.close(runner, false)

      await stage.within(idle, 'idle() resolves after close')
      await stage.idle(runner)
    },
  },
  {
    id: 'runner/idle/ends-with-close-before-the-start',
    promise: 'idle() resolves when the runner is closed, though what waited was never started.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.open()
      await stage.dispatch(runner, stage.job())
      const idle = runner.idle()

      await stage.close(runner, true)

      await stage.within(idle, 'idle() resolves after close')
    },
  },
]
