import type { ErrorRecord, ExecutionReport } from '@triggerkit/contracts'
import { demand, demandEqual } from '../demand.js'
import type { RunnerCase } from '../runner-case.js'
import type { Stage } from '../stage.js'
import { UnhandledRejections } from '../unhandled-rejections.js'

const ERROR: ErrorRecord = { type: 'Error', message: 'It failed.', code: null, stack: null, context: {}, causes: [] }

const REPORTS: readonly ExecutionReport[] = [
  ...(['finished', 'skipped', 'retried', 'dropped', 'stale'] as const).map((outcome) => ({ outcome })),
  { outcome: 'failed', error: ERROR },
]

/** A runner that was given a job whose execution goes wrong outside the task, with jobs before and behind it. */
async function survives(stage: Stage, what: string, execute: () => Promise<ExecutionReport>): Promise<void> {
  const runner = await stage.started()
  const [before, bad, behind] = [stage.job(), stage.job(), stage.job()]
  stage.host.instead.set(bad.id, execute)

  await stage.dispatchAll(runner, [before, bad, behind])

  await stage.ended(before)
  await stage.until(() => stage.host.deliveriesOf(bad) > 0, `${bad.instance} is executed`)
  await stage.ended(behind, `a job behind one whose execution ${what} is executed`)
  await stage.goesOn(runner, `an execution that ${what}`)
}

export const executeCases: readonly RunnerCase[] = [
  {
    id: 'runner/execute/rejection-harms-no-other',
    promise: 'An execution that rejects affects no other job.',
    requires: {},
    run: (stage) => survives(stage, 'rejects', () => Promise.reject(new Error('The storage is gone.'))),
  },
  {
    id: 'runner/execute/throw-harms-no-other',
    promise: 'An execution that throws at once affects no other job.',
    requires: {},
    run: (stage) =>
      survives(stage, 'throws', () => {
        throw new Error('The storage is gone.')
      }),
  },
  {
    id: 'runner/execute/rejection-is-handled',
    promise: 'An execution that rejects is never an unhandled rejection, which would end a process.',
    requires: {},
    run: async (stage) => {
      const reason = new Error('The storage is gone.')
      const unhandled = new UnhandledRejections(reason)
      try {
        await survives(stage, 'rejects', () => Promise.reject(reason))
        await stage.aWhile()
      } finally {
        unhandled.stop()
      }

      demandEqual(unhandled.count, 0, 'the number of unhandled rejections')
    },
  },
  {
    id: 'runner/execute/failure-stops-nothing',
    promise: 'A failed task is an end like any other: the runner goes on, also after many.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const jobs = stage.jobs(20, 'fail')

      await stage.dispatchAll(runner, jobs)

      for (const job of jobs) await stage.ended(job)
      await stage.goesOn(runner, '20 failed tasks')
    },
  },
  {
    id: 'runner/execute/every-report-ends-the-job',
    promise: 'Whatever execute reports, the job has ended: it is not executed again.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const jobs = REPORTS.map((report) => {
        const job = stage.job()
        stage.host.instead.set(job.id, async () => report)
        return job
      })

      await stage.dispatchAll(runner, jobs)
      await stage.goesOn(runner, 'executions with every report')
      await stage.idle(runner)
      await stage.aWhile()

      demandEqual(jobs.map((job) => stage.host.deliveriesOf(job)), REPORTS.map(() => 1), 'the number of executions by report')
    },
  },
  {
    id: 'runner/execute/engine-runs-its-own-functions',
    promise: 'A runner whose process has an engine leaves the task function to it.',
    requires: { elsewhere: false },
    run: async (stage) => {
      const runner = await stage.started()
      const job = stage.job()
      await stage.dispatch(runner, job)

      const { invoked } = await stage.ended(job)

      demand(!invoked, 'it passes invoke, which was not declared (elsewhere: true)')
    },
  },
]
