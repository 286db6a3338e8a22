import { demand, demandEqual } from '../demand.js'
import type { RunnerCase } from '../runner-case.js'

const MANY = 200

export const dispatchCases: readonly RunnerCase[] = [
  {
    id: 'runner/dispatch/new-job-is-taken',
    promise: 'A job that was never handed over is taken, even by a repeated hand-over.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const [first, lost] = [stage.job(), stage.job()]

      demandEqual(await stage.dispatch(runner, first), 'taken', 'the answer to a first hand-over')
      demandEqual(await stage.repeat(runner, lost), 'taken', 'the answer to the repeated hand-over of a job that it never got')
      await stage.ended(first)
      await stage.ended(lost)
    },
  },
  {
    id: 'runner/dispatch/waits-for-the-start',
    promise: 'Until it is started a runner only takes jobs; then it executes them.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.open()
      const jobs = stage.jobs(3)
      await stage.dispatchAll(runner, jobs)

      await stage.start(runner)

      for (const job of jobs) await stage.ended(job, `${job.instance}, handed over before the start, is executed`)
    },
  },
  {
    id: 'runner/dispatch/executes-once',
    promise: 'A job is executed once by its id, however often it is handed over.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const job = stage.job('hold')

      await Promise.all(Array.from({ length: 5 }, () => stage.dispatch(runner, job)))
      await stage.begun(job)
      await stage.dispatch(runner, job)
      await stage.repeat(runner, job)
      await stage.aWhile()
      demandEqual(stage.host.deliveriesOf(job), 1, 'the number of its executions')

      stage.host.release()
      await stage.ended(job)
      await stage.idle(runner)
      demandEqual(stage.host.deliveriesOf(job), 1, 'the number of its executions after its end')
    },
  },
  {
    id: 'runner/dispatch/job-arrives-unchanged',
    promise: 'A job is executed with exactly the data that was handed over.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const odd = { uid: 'a:{b}\n"ü" 😀 __proto__', instance: 't_{x}:ß#12', task: 't_{x}:ß', storage: 's:1', manager: 'm/2', round: 3, attempt: 7 }
      const job = stage.job('echo', { ...odd, notBefore: stage.host.now() - 10 })

      await stage.dispatch(runner, job)

      demandEqual((await stage.ended(job)).job, job, 'the job that is executed')
    },
  },
  {
    id: 'runner/dispatch/extras-are-accepted',
    promise: 'Custom directives may be used for routing; whatever they are, the job is executed.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const job = stage.job()
      const extras = { priority: 1, queue: { name: 'x', tags: [null, true] }, constructor: 'own' }

      await stage.within(runner.dispatch(job, { repeated: false, extras }), 'dispatch with custom directives answers')

      await stage.ended(job)
    },
  },
  {
    id: 'runner/dispatch/repeated-while-waiting-is-present',
    promise: 'A repeated hand-over of a job that waits is answered with present.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.open()
      const job = stage.job()
      await stage.dispatch(runner, job)

      demandEqual(await stage.repeat(runner, job), 'present', 'the answer')
    },
  },
  {
    id: 'runner/dispatch/repeated-while-running-is-present',
    promise: 'A repeated hand-over of a job that runs is answered with present.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const job = stage.job('hold')
      await stage.dispatch(runner, job)
      await stage.begun(job)

      demandEqual(await stage.repeat(runner, job), 'present', 'the answer')
    },
  },
  {
    id: 'runner/dispatch/repeated-after-the-end-is-spent',
    promise: 'A repeated hand-over of a job that has ended is answered with spent; a runner that has forgotten it takes it, and executes it again.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const job = stage.job()
      await stage.dispatch(runner, job)
      await stage.ended(job)
      await stage.idle(runner)

      const answer = await stage.repeat(runner, job)

      demand(answer === 'spent' || answer === 'taken', `the answer is ${JSON.stringify(answer)}`)
      const deliveries = answer === 'spent' ? 1 : 2
      await stage.until(() => stage.host.deliveriesOf(job) >= deliveries, `the job that was taken again is executed`)
      await stage.idle(runner)
      demandEqual(stage.host.deliveriesOf(job), deliveries, `the number of its executions after the answer ${answer}`)
    },
  },
  {
    id: 'runner/dispatch/loses-none-of-many',
    promise: `Of ${MANY} jobs handed over at once each is executed, and none twice.`,
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const jobs = stage.jobs(MANY)

      await Promise.all(jobs.map((job) => stage.dispatch(runner, job)))

      for (const job of jobs) await stage.ended(job)
      await stage.idle(runner)
      const repeated = jobs.filter((job) => stage.host.deliveriesOf(job) !== 1)
      demandEqual(repeated.length, 0, 'the number of jobs executed twice')
    },
  },
]
