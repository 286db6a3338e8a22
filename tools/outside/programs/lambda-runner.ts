// A runner whose tasks run elsewhere: it invokes a cloud function for each job and records what the function answers. It implements
// the port of @triggerkit/contracts and knows no engine.
import {
  API_VERSION,
  TriggerkitError,
  type Acceptance,
  type DispatchAnswer,
  type ErrorRecord,
  type Invoke,
  type Job,
  type Runner,
  type RunnerDescriptor,
  type RunnerHost,
  type TaskOutcome,
} from '@triggerkit/contracts'

const REMEMBERED = 10_000
const CAPABILITIES = { durable: false, delays: false, cancels: false } as const

/** Invokes the function with a payload; answers with what it returned. A client of the cloud does that in earnest. */
export type CloudInvoke = (payload: string) => Promise<string>

export interface LambdaRunnerOptions {
  readonly invoke: CloudInvoke
  /** What the function can run. */
  readonly functions: readonly string[]
}

export class LambdaRunner implements Runner {
  readonly key = 'lambda'
  readonly capabilities = CAPABILITIES
  readonly #options: LambdaRunnerOptions
  readonly #waiting = new Map<string, Job>()
  readonly #running = new Map<string, Promise<void>>()
  readonly #ended = new Set<string>()
  #host: RunnerHost | null = null
  #closed = false

  constructor(options: LambdaRunnerOptions) {
    this.#options = options
  }

  accepts(run: string): Acceptance {
    return this.#options.functions.includes(run) ? 'yes' : 'no'
  }

  async dispatch(job: Job): Promise<DispatchAnswer> {
    if (this.#closed) throw new TriggerkitError('Closed', 'The lambda runner is closed; make a new one.')
    if (this.#waiting.has(job.id) || this.#running.has(job.id)) return 'present'
    if (this.#ended.has(job.id)) return 'spent'
    if (this.#host === null) this.#waiting.set(job.id, job)
    else this.#run(job, this.#host)
    return 'taken'
  }

  async start(host: RunnerHost): Promise<void> {
    this.#host = host
    const jobs = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const job of jobs) this.#run(job, host)
  }

  async cancel(jobId: string): Promise<void> {
    if (this.#waiting.delete(jobId)) this.#end(jobId)
  }

  /** Waits also for what ended jobs have handed over in turn. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values())
  }

  async close({ drain }: { readonly drain: boolean }): Promise<void> {
    this.#closed = true
    this.#waiting.clear()
    if (drain) await this.idle()
  }

  #run(job: Job, host: RunnerHost): void {
    const run = host
      .execute(job, this.#invoke)
      .then(() => {}, (error: unknown) => host.logger.error(`${job.instance} could not be executed.`, { error }))
      .finally(() => this.#end(job.id))
    this.#running.set(job.id, run)
  }

  /** A set keeps the order of its members: the first is the one that ended longest ago. */
  #end(jobId: string): void {
    this.#running.delete(jobId)
    this.#ended.add(jobId)
    const [oldest] = this.#ended
    if (this.#ended.size > REMEMBERED && oldest !== undefined) this.#ended.delete(oldest)
  }

  /** Settles, whatever becomes of the function: a cloud out of reach is a failed task. */
  readonly #invoke: Invoke = async (call) => {
    try {
      return toOutcome(await this.#options.invoke(JSON.stringify(call)))
    } catch (error) {
      return failed({ name: 'CloudUnreachable', message: String(error) })
    }
  }
}

function toOutcome(answer: string): TaskOutcome {
  const { result, error } = JSON.parse(answer) as { result?: unknown; error?: Pick<Error, 'name' | 'message'> }
  return error === undefined ? { kind: 'finished', result, logLevel: 'NOTSET' } : failed(error)
}

function failed({ name, message }: Pick<Error, 'name' | 'message'>): TaskOutcome {
  const error: ErrorRecord = { type: name, message, code: null, stack: null, context: {}, causes: [] }
  return { kind: 'failed', error, logLevel: 'NOTSET' }
}

export const lambdaRunnerDescriptor: RunnerDescriptor<[options: LambdaRunnerOptions]> = {
  kind: 'runner',
  key: 'lambda',
  package: 'triggerkit-runner-lambda',
  version: '1.0.0',
  apiVersion: API_VERSION,
  capabilities: CAPABILITIES,
  create: (options) => new LambdaRunner(options),
}
