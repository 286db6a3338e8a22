import { demand, demandEqual } from '../demand.js'
import type { RunnerCase } from '../runner-case.js'

export const closeCases: readonly RunnerCase[] = [
  {
    id: 'runner/close/drain-waits-for-what-runs',
    promise: 'close({ drain: true }) waits for jobs that run, whose outcome counts.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const job = stage.job('hold')
      await stage.dispatch(runner, job)
      const execution = await stage.begun(job)
      const closing = runner.close({ drain: true })

      demand(!(await stage.settlesSoon(closing)), 'close({ drain: true }) resolved while a job was running')
      stage.host.release()

      await stage.within(closing, 'close({ drain: true }) resolves after the end of what ran')
      demandEqual(execution.ended, true, 'whether the job had ended when close resolved')
      demandEqual(execution.outcome?.kind, 'finished', 'how it ended')
    },
  },
  {
    id: 'runner/close/draining-takes-no-job',
    promise: 'A runner that is being closed takes no job: dispatch rejects with Closed, while it drains and after.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const [running, late] = [stage.job('hold'), stage.job()]
      await stage.dispatch(runner, running)
      await stage.begun(running)
      const closing = runner.close({ drain: true })

      await stage.demandRefusal(stage.dispatch(runner, late), 'Closed', 'dispatch while the runner drains')
      stage.host.release()
      await stage.within(closing, 'close({ drain: true }) resolves')

      await stage.demandRefusal(stage.repeat(runner, late), 'Closed', 'dispatch after close')
      demandEqual(stage.host.deliveriesOf(late), 0, 'the number of executions of the refused job')
    },
  },
  {
    id: 'runner/close/without-drain-waits-for-nothing',
    promise: 'close({ drain: false }) does not wait for the functions that run, and then takes no job.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const job = stage.job('hold')
      await stage.dispatch(runner, job)
      await stage.begun(job)

      await stage.close(runner, false)

      await stage.demandRefusal(stage.dispatch(runner, stage.job()), 'Closed', 'dispatch after close({ drain: false })')
    },
  },
  {
    id: 'runner/close/without-drain-begins-nothing',
    promise: 'After close({ drain: false }) no job is begun, whatever was handed over before.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const jobs = stage.jobs(50, 'hold')
      await stage.dispatchAll(runner, jobs)
      await stage.until(() => stage.host.deliveries.length > 0, 'a job is executed')

      await stage.close(runner, false)
      const begun = stage.host.deliveries.length
      stage.host.release()
      await stage.aWhile()

      demandEqual(stage.host.deliveries.length, begun, 'the number of jobs begun')
    },
  },
  {
    id: 'runner/close/hurries-a-drain',
    promise: 'close({ drain: false }) ends the waiting of a close({ drain: true }) under way.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const job = stage.job('hold')
      await stage.dispatch(runner, job)
      await stage.begun(job)
      const draining = runner.close({ drain: true })

      await stage.close(runner, false)

      await stage.within(draining, 'the close that drained resolves, too')
    },
  },
  {
    id: 'runner/close/can-be-repeated',
    promise: 'close can be called again, at the same time and later.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      await stage.goesOn(runner, 'the start')

      await Promise.all([stage.close(runner, true), stage.close(runner, true)])
      await stage.close(runner, false)
      await stage.close(runner, true)
    },
  },
  {
    id: 'runner/close/before-the-start',
    promise: 'A runner that was never started closes at once, though jobs wait in it.',
    requires: {},
    run: async (stage) => {
      const [empty, waiting] = [await stage.open(), await stage.open()]
      await stage.dispatch(waiting, stage.job())

      await stage.close(empty, true)
      await stage.close(waiting, true)

      await stage.demandRefusal(stage.dispatch(waiting, stage.job()), 'Closed', 'dispatch after close')
    },
  },
]
