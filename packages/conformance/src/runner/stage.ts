import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
import type { Clock, DispatchAnswer, ErrorCode, Job, Runner } from '@triggerkit/contracts'
import { systemClock } from '@triggerkit/engine'
import { sleep } from '../sleep.js'
import { CaseHost } from './case-host.js'
import type { CaseExecution } from './case-host.js'
import { demand } from './demand.js'
import type { RunnerEnvironment, RunnerPlace, RunnerSuiteTraits } from './environment.js'
import { Patience, realPatience, watch } from './patience.js'

/** How long a case looks on when something must not happen, in milliseconds. */
const A_WHILE = 30

/** What the parts of a stage share with their suite. */
export interface StageSetting {
  readonly descriptor: RunnerEnvironment['descriptor']
  readonly traits: RunnerSuiteTraits
  readonly place: RunnerPlace
  readonly patience: number
  /** Every runner that the environment ever gave to this suite. */
  readonly given: WeakSet<Runner>
}

/** What one case works with: runners of one place, a host for them, jobs, and waits that have a limit. */
export class Stage {
  readonly descriptor: RunnerEnvironment['descriptor']
  readonly traits: RunnerSuiteTraits
  readonly host: CaseHost
  readonly #setting: StageSetting
  readonly #patience: Patience
  readonly #opened = new Set<Runner>()
  /** Another one each time, so that nothing is meant which a broker remembers of an earlier run. */
  readonly #incarnation = Math.random().toString(36).slice(2)
  #jobs = 0

  constructor(setting: StageSetting) {
    const { descriptor, traits, place, patience } = setting
    const clock: Clock = place.clock ?? systemClock
    this.descriptor = descriptor
    this.traits = traits
    this.host = new CaseHost(clock)
    this.#setting = setting
    this.#patience = new Patience(patience, clock, place.wait ?? sleep)
  }

  /** A new runner over the place's queue. */
  async open(): Promise<Runner> {
    const runner = await this.within(Promise.resolve(this.#setting.place.open()), 'open() gives a runner')
    if (Object(runner) !== runner) throw wrongRunner(this.descriptor.key, 'gave no runner. Return one')
    if (this.#setting.given.has(runner)) throw wrongRunner(this.descriptor.key, 'gave the same object twice. Give a new one over the same queue each time')
    this.#setting.given.add(runner)
    this.#opened.add(runner)
    return runner
  }

  /** A new runner that executes with the stage's host. */
  async started(): Promise<Runner> {
    const runner = await this.open()
    await this.start(runner)
    return runner
  }

  start(runner: Runner): Promise<void> {
    return this.within(runner.start(this.host), 'start settles')
  }

  /** A job for one of the suite's functions. */
  job(run: string = 'echo', differing: Partial<Job> = {}): Job {
    this.#jobs += 1
    const number = this.#jobs.toString(36)
    return {
      id: `t-${this.#incarnation}-${number}`,
      storage: 'memory',
      manager: 'default',
      uid: 'session',
      incarnation: this.#incarnation,
      instance: `t_task#${number}`,
      task: 't_task',
      run: `conformance.${run}`,
      runner: this.descriptor.key,
      round: 1,
      attempt: 1,
      notBefore: null,
      ...differing,
    }
  }

  jobs(count: number, run?: string): readonly Job[] {
    return Array.from({ length: count }, () => this.job(run))
  }

  /** Hands a job over for the first time. */
  dispatch(runner: Runner, job: Job): Promise<DispatchAnswer> {
    return this.within(runner.dispatch(job, { repeated: false, extras: {} }), 'dispatch answers')
  }

  async dispatchAll(runner: Runner, jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) await this.dispatch(runner, job)
  }

  /** Hands a job over once more, as the sweep does. */
  repeat(runner: Runner, job: Job): Promise<DispatchAnswer> {
    return this.within(runner.dispatch(job, { repeated: true, extras: {} }), 'a repeated dispatch answers')
  }

  cancel(runner: Runner, job: Job): Promise<void> {
    return this.within(runner.cancel(job.id), 'cancel settles')
  }

  idle(runner: Runner): Promise<void> {
    return this.within(runner.idle(), 'idle() resolves')
  }

  close(runner: Runner, drain: boolean): Promise<void> {
    return this.within(runner.close({ drain }), `close({ drain: ${String(drain)} }) resolves`)
  }

  /** Waits until the job was begun. */
  async begun(job: Job, what: string = `${job.instance} is executed`): Promise<CaseExecution> {
    await this.until(() => this.host.executions.has(job.id), what)
    return this.host.executions.get(job.id) as CaseExecution
  }

  /** Waits until the job has ended. */
  async ended(job: Job, what?: string): Promise<CaseExecution> {
    const execution = await this.begun(job, what)
    await this.until(() => execution.ended, `${job.instance} ends`)
    return execution
  }

  /** Waits until a new job has gone all the way: a runner that can do that goes on. */
  async goesOn(runner: Runner, after: string): Promise<void> {
    const next = this.job()
    await this.dispatch(runner, next)
    await this.ended(next, `another job is executed after ${after}`)
  }

  /** Looks on for a while, and sees whether a promise has settled. */
  async settlesSoon(promise: Promise<unknown>): Promise<boolean> {
    const state = watch(promise)
    await this.aWhile()
    return state.settled
  }

  /** Lets a little time pass, in which something must not happen. */
  aWhile(): Promise<void> {
    return this.#patience.pass(A_WHILE)
  }

  /** Holds the runner to a refusal with that code. */
  async demandRefusal(promise: Promise<unknown>, code: ErrorCode, what: string): Promise<void> {
    const refused = await this.within(promise, `${what} settles`).then(
      () => 'resolves',
      (error: unknown) => (isTriggerkitError(error, code) ? null : `rejects with ${String(error)}`),
    )
    demand(refused === null, `${what} ${refused}; it must reject with the code ${code}`)
  }

  until(holds: () => boolean, what: string): Promise<void> {
    return this.#patience.until(holds, what)
  }

  within<TValue>(promise: Promise<TValue>, what: string): Promise<TValue> {
    return this.#patience.within(promise, what)
  }

  /** Clears away what the case has opened. */
  async strike(): Promise<void> {
    const { place, patience } = this.#setting
    const closing = new Patience(patience, this.host.clock, place.wait ?? sleep)
    this.host.release()
    for (const { job } of this.host.executions.values()) this.host.abort(job)
    try {
      const closed = [...this.#opened].map(async (runner) => runner.close({ drain: false }))
      await closing.within(Promise.all(closed), 'its runners close in the end')
    } finally {
      await realPatience(patience).within(Promise.resolve(place.destroy?.()), 'destroy() settles')
    }
  }
}

function wrongRunner(key: string, fault: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `open() of runner ${JSON.stringify(key)} ${fault}.`, { details: { runner: key } })
}
