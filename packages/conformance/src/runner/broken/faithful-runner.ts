import { TriggerkitError } from '@triggerkit/contracts'
import type {
  Acceptance,
  CancelSignal,
  DispatchAnswer,
  DispatchOptions,
  ErrorCode,
  Invoke,
  Job,
  Runner,
  RunnerCapabilities,
  RunnerHost,
  TaskCall,
  TaskOutcome,
  TaskPort,
  Timer,
} from '@triggerkit/contracts'
import { conformanceTasks } from '../conformance-tasks.js'
import type { RunnerSuiteTraits } from '../environment.js'
import { Broker } from './broker.js'
import { simulatedFarSide } from './far-side.js'
import type { FarExecution, FarSide } from './far-side.js'

const CONCURRENCY = 4

/** What a runner under test of the suite is made of. */
export interface Making {
  readonly traits: RunnerSuiteTraits
  /** The place's queue, for those that are durable. */
  readonly broker: Broker
  readonly farSide?: FarSide
}

/** A runner that keeps every promise, in small parts, so that a broken one breaks a single of them. */
export class FaithfulRunner implements Runner {
  readonly key: string = 'faithful'
  readonly capabilities: RunnerCapabilities
  accepts?: (run: string) => Acceptance
  protected readonly broker: Broker
  protected readonly elsewhere: boolean
  protected readonly farSide: FarSide
  protected host: RunnerHost | null = null
  protected closed = false
  /** Nobody waits for what still runs. */
  protected hurried = false
  /** What this very runner runs. */
  protected readonly own: Set<string> = new Set()
  protected readonly timers: Map<string, Timer> = new Map()
  protected readonly far: Map<string, (error: TriggerkitError) => void> = new Map()
  #stopListening: () => void = () => undefined

  constructor({ traits, broker, farSide = simulatedFarSide }: Making) {
    const { elsewhere, ...capabilities } = traits
    this.capabilities = capabilities
    this.elsewhere = elsewhere
    this.farSide = farSide
    this.broker = capabilities.durable ? broker : new Broker()
    if (elsewhere) this.accepts = (run) => (conformanceTasks.some(({ name }) => name === run) ? 'yes' : 'no')
  }

  async dispatch(job: Job, _options: DispatchOptions): Promise<DispatchAnswer> {
    if (this.closed) throw refusal('Closed')
    const known = this.answerFor(job)
    if (known !== 'taken') return known
    this.take(job)
    return 'taken'
  }

  async start(host: RunnerHost): Promise<void> {
    if (this.closed) throw refusal('Closed')
    if (this.host !== null) throw refusal('InvalidArgument')
    this.host = host
    this.#stopListening = this.broker.listen(() => this.pump(host))
    this.broker.notify()
  }

  async cancel(jobId: string): Promise<void> {
    this.broker.waiting.delete(jobId)
    this.broker.notify()
    if (this.capabilities.cancels) this.far.get(jobId)?.(refusal('Cancelled'))
  }

  async idle(): Promise<void> {
    await this.broker.until(() => this.isIdle())
  }

  async close({ drain }: { readonly drain: boolean }): Promise<void> {
    this.closed = true
    this.hurried ||= !drain
    this.release()
    this.broker.notify()
    await this.broker.until(() => this.hurried || this.own.size === 0)
    for (const cut of this.far.values()) cut(refusal('Closed'))
  }

  protected release(): void {
    this.#stopListening()
    for (const timer of this.timers.values()) this.host?.clock.clearTimer(timer)
  }

  protected answerFor({ id }: Job): DispatchAnswer {
    if (this.broker.ended.has(id)) return 'spent'
    return this.broker.waiting.has(id) || this.broker.running.has(id) ? 'present' : 'taken'
  }

  protected take(job: Job): void {
    this.broker.waiting.set(job.id, structuredClone(job))
    this.broker.notify()
  }

  protected isIdle(): boolean {
    return this.hurried || (this.closed ? this.own.size === 0 : this.broker.empty)
  }

  protected pump(host: RunnerHost): void {
    for (const job of this.broker.waiting.values()) {
      if (this.own.size >= CONCURRENCY) return
      const delay = this.delayOf(job, host)
      if (delay > 0) this.lookAgain(job, delay, host)
      else this.begin(job, host)
    }
  }

  /** Milliseconds until the job may run. */
  protected delayOf({ notBefore }: Job, host: RunnerHost): number {
    return this.capabilities.delays && notBefore !== null ? notBefore - host.now() : 0
  }

  protected lookAgain({ id }: Job, delay: number, host: RunnerHost): void {
    if (this.timers.has(id)) return
    const look = (): void => {
      this.timers.delete(id)
      this.pump(host)
    }
    this.timers.set(id, host.clock.setTimer(look, Math.ceil(delay)))
  }

  protected begin(job: Job, host: RunnerHost): void {
    this.broker.waiting.delete(job.id)
    this.broker.running.add(job.id)
    this.own.add(job.id)
    void this.run(job, host)
  }

  protected async run(job: Job, host: RunnerHost): Promise<void> {
    try {
      await this.execute(job, host)
    } catch (error) {
      host.logger.error('An execution could not be completed.', { error, job: job.id })
    }
    this.end(job)
  }

  protected execute(job: Job, host: RunnerHost): Promise<unknown> {
    return this.elsewhere ? host.execute(job, this.invokeOf(job, host)) : host.execute(job)
  }

  protected end({ id }: Job): void {
    this.broker.running.delete(id)
    this.broker.ended.add(id)
    this.own.delete(id)
    this.broker.notify()
  }

  protected invokeOf(job: Job, host: RunnerHost): Invoke {
    return async (call, signal, port) => {
      const execution = this.farSide.begin(call, signal, port)
      const timer = this.limitTime(job, call, host)
      try {
        return await this.outcomeOf(job, execution)
      } finally {
        if (timer !== null) host.clock.clearTimer(timer)
        this.far.delete(job.id)
      }
    }
  }

  protected outcomeOf({ id }: Job, { outcome, cut }: FarExecution): Promise<TaskOutcome> {
    const ended = new Promise<never>((_resolve, reject) => {
      this.far.set(id, (error) => {
        cut()
        reject(error)
      })
    })
    return Promise.race([outcome, ended])
  }

  protected limitTime({ id }: Job, { run }: TaskCall, host: RunnerHost): Timer | null {
    const limit = conformanceTasks.find(({ name }) => name === run)?.timeLimit ?? null
    if (limit === null) return null
    return host.clock.setTimer(() => this.far.get(id)?.(refusal('TimeLimitExceeded')), limit)
  }
}

/** A port of which one method is another. */
export function spoilt(farSide: FarSide, port: (port: TaskPort) => Partial<TaskPort>): FarSide {
  return { begin: (call, signal, own) => farSide.begin(call, signal, { call: own.call, log: own.log, ...port(own) }) }
}

/** A far side whose outcomes are changed on their way. */
export function garbled(farSide: FarSide, change: (outcome: TaskOutcome) => TaskOutcome): FarSide {
  return {
    begin: (call, signal: CancelSignal, port) => {
      const { outcome, cut } = farSide.begin(call, signal, port)
      return { outcome: outcome.then(change), cut }
    },
  }
}

export function refusal(code: ErrorCode): TriggerkitError {
  return new TriggerkitError(code, `The runner refuses: ${code}.`)
}
