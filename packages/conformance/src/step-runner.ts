import type { ExecutionReport, Invoke, Job, Runner } from '@triggerkit/contracts'
import { systemClock } from '@triggerkit/engine'
import { assertThat } from './storage/assertions.js'

/** Executes a job, by the application that is there at the moment. */
export type Execute = (job: Job, invoke?: Invoke) => Promise<ExecutionReport>

const nothing = (): void => undefined

/** Has a runner execute jobs when somebody says so, one at a time. */
export class StepRunner {
  readonly #runner: Runner
  #execute: Execute = () => Promise.reject(new Error('The runner executes what it was not given.'))

  private constructor(runner: Runner) {
    this.#runner = runner
  }

  /** @param runner - is started and, with this, closed */
  static async start(runner: Runner): Promise<StepRunner> {
    const steps = new StepRunner(runner)
    await runner.start({
      clock: systemClock,
      logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
      now: Date.now,
      abort: nothing,
      execute: (job, invoke) => steps.#execute(job, invoke),
    })
    return steps
  }

  /** Resolves when the runner has done with the job. @throws `BrokenPromise` where it does not take it, or does not execute it */
  async step(job: Job, execute: Execute): Promise<ExecutionReport> {
    const reports: Promise<ExecutionReport>[] = []
    this.#execute = (taken, invoke) => {
      const report = execute(taken, invoke)
      reports.push(report)
      return report
    }
    await this.#handOver(job)
    const [report] = reports
    assertThat(report !== undefined, `the runner was idle again and had not executed ${job.id}`)
    return report
  }

  close(): Promise<void> {
    return this.#runner.close({ drain: true })
  }

  async #handOver(job: Job): Promise<void> {
    const answer = await this.#runner.dispatch(job, { repeated: false, extras: {} })
    assertThat(answer === 'taken', `the runner answered ${answer} to ${job.id}, a job that is new to it`)
    await this.#runner.idle()
  }
}
