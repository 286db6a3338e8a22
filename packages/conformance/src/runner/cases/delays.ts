import type { Job } from '@triggerkit/contracts'
import { demand, demandEqual } from '../demand.js'
import type { RunnerCase } from '../runner-case.js'
import type { Stage } from '../stage.js'

const HOUR = 3_600_000
const DELAY = 120

function delayed(stage: Stage, delay: number): Job {
  return stage.job('echo', { notBefore: stage.host.now() + delay })
}

/** Waits for the end of a delayed job, and demands that it was not begun too early. */
async function punctual(stage: Stage, job: Job): Promise<void> {
  const { at } = await stage.ended(job, `${job.instance} is executed when its time has come`)
  const early = (job.notBefore as number) - at
  demand(early <= 0, `${job.instance} was executed ${early} ms before its notBefore`)
}

function measuredBy(direction: 'behind' | 'ahead', skew: number): RunnerCase {
  return {
    id: `runner/delays/storage-time-${direction}`,
    promise: `A delay is measured by the storage's time, even if that is an hour ${direction} of the process's own.`,
    requires: { delays: true },
    run: async (stage) => {
      stage.host.skew = skew
      const runner = await stage.started()
      const job = delayed(stage, DELAY)

      await stage.dispatch(runner, job)

      await punctual(stage, job)
    },
  }
}

export const delaysCases: readonly RunnerCase[] = [
  {
    id: 'runner/delays/kept-until-not-before',
    promise: 'A job is kept back until the storage\'s time has reached its notBefore, never executed earlier, and executed then.',
    requires: { delays: true },
    run: async (stage) => {
      const runner = await stage.started()
      const jobs = [40, DELAY, 75].map((delay) => delayed(stage, delay))

      await stage.dispatchAll(runner, jobs)

      for (const job of jobs) await punctual(stage, job)
    },
  },
  {
    id: 'runner/delays/counted-from-before-the-start',
    promise: 'A job handed over before the start is kept back until its notBefore, too.',
    requires: { delays: true },
    run: async (stage) => {
      const runner = await stage.open()
      const job = delayed(stage, DELAY)
      await stage.dispatch(runner, job)

      await stage.start(runner)

      await punctual(stage, job)
    },
  },
  measuredBy('behind', -HOUR),
  measuredBy('ahead', HOUR),
  {
    id: 'runner/delays/looked-at-again',
    promise: 'A delay that is over by a timer, but not yet by the storage\'s time, goes on.',
    requires: { delays: true },
    run: async (stage) => {
      const runner = await stage.started()
      const job = delayed(stage, DELAY)
      await stage.dispatch(runner, job)

      stage.host.skew -= DELAY

      await punctual(stage, job)
    },
  },
  {
    id: 'runner/delays/longer-than-a-timer',
    promise: 'A delay may be longer than the 2^31 ms that a platform\'s timers take.',
    requires: { delays: true },
    run: async (stage) => {
      const runner = await stage.started()
      const job = delayed(stage, 2 ** 31 + HOUR)

      demandEqual(await stage.dispatch(runner, job), 'taken', 'the answer')
      await stage.aWhile()
      await stage.goesOn(runner, 'a job with a long delay')

      demandEqual(stage.host.deliveriesOf(job), 0, 'the number of executions before its time')
      demandEqual(await stage.repeat(runner, job), 'present', 'the answer to its repeated hand-over')
    },
  },
  {
    id: 'runner/delays/take-no-place',
    promise: 'Jobs that wait for their time keep no other from running.',
    requires: { delays: true },
    run: async (stage) => {
      const runner = await stage.started()

      await stage.dispatchAll(runner, Array.from({ length: 50 }, () => delayed(stage, HOUR)))

      await stage.goesOn(runner, '50 jobs with a delay')
    },
  },
  {
    id: 'runner/delays/past-is-now',
    promise: 'A job whose notBefore has passed is executed at once.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const job = delayed(stage, -HOUR)

      await stage.dispatch(runner, job)

      await stage.ended(job)
    },
  },
  {
    id: 'runner/delays/undeclared-keeps-nothing-back',
    promise: 'A runner without delays treats every job as due: the engine hands it over when its time has come.',
    requires: { delays: false },
    run: async (stage) => {
      const runner = await stage.started()
      const job = delayed(stage, HOUR)

      await stage.dispatch(runner, job)

      await stage.ended(job, `${job.instance} is executed, whatever its notBefore`)
    },
  },
]
