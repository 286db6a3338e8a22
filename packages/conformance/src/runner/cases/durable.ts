import { demand, demandEqual } from '../demand.js'
import type { RunnerCase } from '../runner-case.js'

export const durableCases: readonly RunnerCase[] = [
  {
    id: 'runner/durable/others-execute',
    promise: 'What one process hands over to a durable runner, another executes.',
    requires: { durable: true },
    run: async (stage) => {
      const [producer, consumer] = [await stage.open(), await stage.started()]
      const jobs = stage.jobs(10)

      await stage.dispatchAll(producer, jobs)

      for (const job of jobs) demandEqual((await stage.ended(job)).job, job, 'the job that is executed')
      await stage.idle(consumer)
    },
  },
  {
    id: 'runner/durable/crash-loses-nothing',
    promise: 'Jobs outlive the process that handed them over, though it is gone without closing its runner.',
    requires: { durable: true },
    run: async (stage) => {
      const jobs = stage.jobs(10)
      await stage.dispatchAll(await stage.open(), jobs)

      await stage.started()

      for (const job of jobs) await stage.ended(job, `${job.instance} is executed after the crash of its producer`)
    },
  },
  {
    id: 'runner/durable/close-leaves-what-waits',
    promise: 'A durable runner that is closed leaves to others what it has not begun.',
    requires: { durable: true },
    run: async (stage) => {
      const [first, unstarted] = [await stage.started(), await stage.open()]
      const jobs = stage.jobs(30, 'hold')
      await stage.dispatchAll(first, jobs)
      await stage.until(() => stage.host.deliveries.length > 0, 'a job is executed')

      await stage.close(first, false)
      await stage.close(unstarted, true)
      await stage.started()
      stage.host.release()

      for (const job of jobs) await stage.begun(job, `${job.instance} is executed by the next process`)
    },
  },
  {
    id: 'runner/durable/present-for-all',
    promise: 'A job that waits in a durable runner is present, whichever process asks, and executed once.',
    requires: { durable: true },
    run: async (stage) => {
      const [first, second] = [await stage.open(), await stage.open()]
      const job = stage.job()
      await stage.dispatch(first, job)

      demandEqual(await stage.repeat(second, job), 'present', 'the answer to another process')
      await stage.start(second)
      await stage.ended(job)
      await stage.idle(second)

      demandEqual(stage.host.deliveriesOf(job), 1, 'the number of its executions')
    },
  },
  {
    id: 'runner/durable/shared-without-loss',
    promise: 'Of 200 jobs that two processes hand over and execute, each is begun.',
    requires: { durable: true },
    run: async (stage) => {
      const runners = [await stage.started(), await stage.started()] as const
      const jobs = stage.jobs(200)

      await Promise.all(jobs.map((job, index) => stage.dispatch(runners[index % 2 === 0 ? 0 : 1], job)))

      for (const job of jobs) await stage.ended(job)
    },
  },
  {
    id: 'runner/durable/delay-outlives-the-process',
    promise: 'A delay survives the process that handed the job over, and does not become shorter.',
    requires: { durable: true, delays: true },
    run: async (stage) => {
      const job = stage.job('echo', { notBefore: stage.host.now() + 120 })
      await stage.dispatch(await stage.open(), job)

      await stage.started()

      const { at } = await stage.ended(job)
      demand(at >= (job.notBefore as number), `${job.instance} was executed before its notBefore`)
    },
  },
  {
    id: 'runner/durable/undeclared-is-gone-with-its-process',
    promise: 'A job that a runner keeps in one process\'s memory is unknown to others: they take it as a new one.',
    requires: { durable: false },
    run: async (stage) => {
      const [lost, known] = [stage.job(), stage.job()]
      await stage.dispatchAll(await stage.open(), [lost, known])
      const other = await stage.open()

      demandEqual(await stage.repeat(other, known), 'taken', 'the answer of another runner')
      await stage.start(other)
      await stage.ended(known)
      await stage.idle(other)

      demandEqual(stage.host.deliveriesOf(lost), 0, 'the number of executions of a job that it was not given')
      demandEqual(stage.host.deliveriesOf(known), 1, 'the number of executions of the job that it was given')
    },
  },
]
