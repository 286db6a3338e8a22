import {
  API_VERSION,
  isTriggerkitError,
  TriggerkitError,
  type Clock,
  type Invoke,
  type Job,
  type JsonObject,
  type LogEntry,
  type Logger,
  type RunnerHost,
  type TaskOutcome,
} from '@triggerkit/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import manifest from '../package.json' with { type: 'json' }
import { webWorkerRunner, WebWorkerRunner, webWorkerRunnerDescriptor, type WebWorkerRunnerOptions } from './index.js'
import code from './tasks.test-worker.ts?bundle'

const CONTEXT = Symbol.for('triggerkit/errorContext')
const FIRST_TIME = { repeated: false, extras: {} }

const clock: Clock = {
  monotonic: () => performance.now(),
  setTimer: (callback, delay) => setTimeout(callback, delay),
  clearTimer: (timer) => clearTimeout(timer as number),
}

/** What became of one job. */
interface Run {
  readonly outcome: Promise<TaskOutcome>
  /** Resolves when the function has begun. */
  readonly begun: Promise<void>
  readonly controller: AbortController
}

/** An engine's part: runs each job by the `invoke` that the runner gives, and keeps what became of it. */
class Host implements RunnerHost {
  readonly clock = clock
  readonly warnings: string[] = []
  readonly logged: LogEntry[] = []
  readonly runs = new Map<string, Run>()
  /** How long an outcome takes to be recorded. */
  recorded: Promise<void> = Promise.resolve()
  readonly kwargs: JsonObject = {}
  readonly logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (message, meta) => void this.warnings.push(`${message} ${JSON.stringify(meta)}`),
    error: (message) => void this.warnings.push(message),
  }

  abort(): void {
    throw new Error('A runner of workers loses no job.')
  }

  now(): number {
    return performance.timeOrigin + performance.now()
  }

  async execute(job: Job, invoke: Invoke): Promise<{ readonly outcome: 'finished' }> {
    const controller = new AbortController()
    let begin!: () => void
    const begun = new Promise<void>((resolve) => (begin = resolve))
    const { run, uid, incarnation, instance, task, round, attempt, manager, storage } = job
    const configuration = { after: [], andEvery: null, unless: [], withParams: {}, run, using: null, extras: {} }
    const call = { run, uid, incarnation, instance, task, configuration, kwargs: this.kwargs, round, attempt, depth: 0, manager, storage }
    const outcome = invoke(call, controller.signal, {
      log: (entry) => void this.logged.push(entry),
      call: async (method, args) => {
        begin()
        if (method === 'refuse') throw new TriggerkitError('NotFailed', 'Not now.', { details: { why: 'late' }, cause: new Error('The clock.') })
        return [...args]
      },
    })
    this.runs.set(job.id, { outcome, begun, controller })
    await outcome.catch(() => undefined)
    await this.recorded
    return { outcome: 'finished' }
  }
}

let file: string
let host: Host
let runners: WebWorkerRunner[] = []
let jobs = 0
/** How many workers were made in a test. */
let made = 0

beforeEach(() => {
  file = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))
  host = new Host()
  made = 0
})

afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.close({ drain: false })))
  runners = []
  URL.revokeObjectURL(file)
})

/** A worker of the tasks' file, or of that text. */
function worker(text?: string): Worker {
  made += 1
  const address = text === undefined ? file : URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))
  return new Worker(address, { type: 'module' })
}

async function started(options: Partial<WebWorkerRunnerOptions> = {}): Promise<WebWorkerRunner> {
  const runner = webWorkerRunner({ spawn: () => worker(), workers: 1, grace: 50, ...options })
  runners.push(runner)
  await runner.start(host)
  return runner
}

async function dispatch(runner: WebWorkerRunner, run: string): Promise<{ readonly id: string; readonly run: Promise<Run> }> {
  const id = `job-${(jobs += 1)}`
  const names = { storage: 'memory', manager: 'default', uid: 's', incarnation: 'i', task: 't', runner: 'web-worker' }
  await runner.dispatch({ id, ...names, instance: `t#${jobs}`, run, round: 1, attempt: 1, notBefore: null }, FIRST_TIME)
  return {
    id,
    get run() {
      return until(() => host.runs.get(id))
    },
  }
}

async function until<TValue>(look: () => TValue | undefined): Promise<TValue> {
  for (;;) {
    const value = look()
    if (value !== undefined) return value
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

async function resultOf(runner: WebWorkerRunner, run: string): Promise<unknown> {
  const outcome = await (await (await dispatch(runner, run)).run).outcome
  return outcome.kind === 'finished' ? outcome.result : outcome
}

async function failureOf(runner: WebWorkerRunner, run: string): Promise<TriggerkitError & { readonly cause: TriggerkitError }> {
  const { outcome } = await (await dispatch(runner, run)).run
  return outcome.then(
    (unexpected) => expect.unreachable(JSON.stringify(unexpected)),
    (error: unknown) => error as never,
  )
}

describe('a task', () => {
  it('runs in a worker that a bundler has found by its address', async () => {
    const spawn = (): Worker => new Worker(new URL('./tasks.test-worker.ts', import.meta.url), { type: 'module' })
    const runner = await started({ spawn })

    expect(await resultOf(runner, 'who')).toEqual({ thread: 'DedicatedWorkerGlobalScope', polluted: false })
  }, 30_000)

  // reliability.md B2: of an error that is thrown across, Comlink keeps name, message and stack alone.
  it('fails with an error that keeps code, details, context and cause', async () => {
    const error = await failureOf(await started(), 'fail')

    expect(error).toMatchObject({ name: 'TypeError', message: 'It did not print.', cause: { name: 'RangeError', code: 'E_PAPER', details: { tray: 3 } } })
    expect((error as unknown as Record<symbol, unknown>)[CONTEXT]).toEqual({ page: 7 })
    expect(error.stack).toContain('failure')
  })

  it('gets the manager\'s own error where a call is refused', async () => {
    const refusal = await resultOf(await started(), 'call')

    expect(refusal).toEqual({ name: 'TriggerkitError', code: 'NotFailed', message: 'Not now.', details: { why: 'late' }, cause: 'The clock.' })
  })

  it('has logged in its order before its outcome comes, also what can not be carried', async () => {
    await resultOf(await started(), 'logFunction')

    expect(host.logged).toEqual([
      { level: 'INFO', message: 'first', meta: { notCarried: expect.stringContaining('DataCloneError') as string } },
      { level: 'INFO', message: 'second', meta: { number: 2 } },
    ])
  })

  it.each([
    ['giveFunction', 'InvalidResult', 'result.list[1].done: a function'],
    ['giveInstance', 'InvalidResult', 'result.at: an instance of URL'],
    ['giveProxy', 'InvalidResult', 'be passed between page and worker'],
    ['sendFunction', 'InvalidPayload', 'arguments[0].then: a function'],
    ['nobodys', 'UnknownTaskFunction', 'nobodys'],
  ])('%s fails with %s', async (run, expected, words) => {
    const error = await failureOf(await started(), run)

    expect(error.code).toBe(expected)
    expect(error.message).toContain(words)
  })
})

// reliability.md finding 6: Comlink calls to a dead worker never settle.
describe('a worker that dies', () => {
  it.each([
    ['throwLater', 'Nobody caught this.'],
    ['close', 'it closed itself, or the browser stopped it'],
  ])('by %s fails what it ran, and is replaced', async (run, words) => {
    const runner = await started()

    const error = await failureOf(runner, run)

    expect(isTriggerkitError(error, 'ExecutionLost')).toBe(true)
    expect(error.message).toContain(words)
    expect(await resultOf(runner, 'who')).toMatchObject({ polluted: false })
    expect(made).toBe(2)
    expect(host.warnings).toEqual([expect.stringContaining('A web worker has ended')])
  })

  it('takes with it what runs beside', async () => {
    const runner = await started({ tasksPerWorker: 2 })
    const beside = await (await dispatch(runner, 'hold')).run
    await beside.begun

    await failureOf(runner, 'throwLater')

    await expect(beside.outcome).rejects.toMatchObject({ code: 'ExecutionLost' })
  })
})

describe('a worker that does not start', () => {
  it.each([
    ['is not there', () => new Worker('/nowhere.js', { type: 'module' }), {}, 'could not be loaded'],
    ['throws at once', () => worker("throw new Error('No licence.')"), {}, 'No licence.'],
    ['offers nothing', () => worker('globalThis.idle = true'), { loadLimit: 150 }, 'exposeTasks within 150 ms'],
    ['closes itself', () => worker('globalThis.close()'), { loadLimit: 150 }, 'exposeTasks within 150 ms'],
  ])('because its script %s fails the job, after a few attempts', async (_what, make, limits, words) => {
    let attempts = 0
    const spawn = (): Worker => {
      attempts += 1
      return make()
    }
    const runner = await started({ spawn, ...limits })

    const error = await failureOf(runner, 'who')

    expect(error.code).toBe('ExecutionLost')
    expect(error.message).toContain('did not start')
    expect(error.message).toContain(words)
    expect(attempts).toBe(3)
    expect(runner.accepts('who')).toBe('unknown')
  })

  it('keeps no job that was cancelled meanwhile', async () => {
    const runner = await started({ spawn: () => worker('globalThis.idle = true'), loadLimit: '1h' })
    const { id } = await dispatch(runner, 'who')
    // By then the job waits for its worker.
    await new Promise((resolve) => setTimeout(resolve))

    await runner.cancel(id)
    await runner.idle()

    expect([...host.runs.keys()]).not.toContain(id)
  }, 5_000)

  it('waits longer from one attempt to the next, and starts when it can again', async () => {
    const times: number[] = []
    const runner = await started({
      spawn: () => {
        times.push(performance.now())
        return times.length <= 4 ? worker("throw new Error('Not yet.')") : worker()
      },
    })
    await failureOf(runner, 'who')

    expect(await resultOf(runner, 'who')).toMatchObject({ polluted: false })

    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    for (const [index, least] of [100, 200, 400, 800].entries()) expect(waits[index]).toBeGreaterThanOrEqual(least - 1)
  })

  it.each([
    ['gives the same worker twice', 'returned the same worker twice'],
    ['gives no worker', 'which is not a Worker'],
    ['throws', 'threw Error: Refused.'],
  ])('because spawn %s fails the job with InvalidArgument, without another attempt', async (what, words) => {
    const only = worker()
    let calls = 0
    const spawn = (): Worker => {
      calls += 1
      if (what === 'throws') throw new Error('Refused.')
      return what === 'gives no worker' ? ({} as Worker) : only
    }
    const runner = await started({ spawn, workers: 2 })
    const first = what === 'gives the same worker twice' ? await (await dispatch(runner, 'hold')).run : null
    await first?.begun
    calls = 0

    const error = await failureOf(runner, 'who')

    expect([error.code, calls]).toEqual(['InvalidArgument', 1])
    expect(error.message).toContain(words)
  })

  it('because it was built with another release is told so', async () => {
    const ready = { kind: 'ready', protocol: 99, tasks: [], lock: null }
    const message = { id: '1', type: 'APPLY', path: [], argumentList: [{ type: 'RAW', value: ready }] }
    const runner = await started({ spawn: () => worker(`postMessage(${JSON.stringify(message)})`) })

    expect((await failureOf(runner, 'who')).message).toContain('version 99 of the protocol')
  })
})

describe('a time limit', () => {
  it('ends a loop, and another worker takes its place', async () => {
    const runner = await started({ timeLimit: 100 })

    const error = await failureOf(runner, 'loop')

    expect(error).toMatchObject({ code: 'TimeLimitExceeded', details: { limit: 100 } })
    expect(await resultOf(runner, 'who')).toMatchObject({ polluted: false })
    expect(made).toBe(2)
  })

  it('leaves the worker to others where the task heeds its signal', async () => {
    const runner = await started({ timeLimit: 100, grace: 5_000 })

    const error = await failureOf(runner, 'heed')

    expect(error.code).toBe('TimeLimitExceeded')
    expect(await resultOf(runner, 'who')).toMatchObject({ polluted: false })
    expect(made).toBe(1)
  })
})

describe('an aborted execution', () => {
  it('ends by itself where the task heeds its signal, with the reason that was given', async () => {
    const runner = await started({ grace: 5_000 })
    const { begun, controller, outcome } = await (await dispatch(runner, 'heed')).run
    await begun

    controller.abort(new TriggerkitError('StaleExecutionError', 'Taken over.'))

    await expect(outcome).rejects.toMatchObject({ code: 'StaleExecutionError', message: 'Taken over.' })
    expect(made).toBe(1)
  })

  it('is cut after the grace where it does not, and takes with it what runs beside', async () => {
    const runner = await started({ tasksPerWorker: 2 })
    const beside = await (await dispatch(runner, 'hold')).run
    await beside.begun
    const { id, run } = await dispatch(runner, 'hold')
    const { begun, outcome } = await run
    await begun

    await runner.cancel(id)

    await expect(outcome).rejects.toMatchObject({ code: 'Cancelled' })
    await expect(beside.outcome).rejects.toMatchObject({ code: 'ExecutionLost', message: expect.stringContaining('did not stop within 50 ms') as string })
  })

  // An engine aborts what it sees no longer running: its own finish, too, that is committed but not answered yet.
  it('is left alone once its function has ended, and its worker goes on', async () => {
    let record!: () => void
    host.recorded = new Promise((resolve) => (record = resolve))
    const runner = await started({ tasksPerWorker: 2 })
    const { id, run } = await dispatch(runner, 'who')
    await (await run).outcome

    await runner.cancel(id)
    const beside = await resultOf(runner, 'compute')
    record()

    expect(beside).toMatchObject({ rounds: expect.any(Number) as number })
    expect(made).toBe(1)
  })
})

describe('where there are no Web Locks', () => {
  const withoutLocks = (): Worker => worker(`Object.defineProperty(navigator, 'locks', { value: undefined });${code}`)

  it('tasks run all the same, and a time limit finds out a worker that has closed itself', async () => {
    const runner = await started({ spawn: withoutLocks, timeLimit: 200 })

    const error = await failureOf(runner, 'close')

    expect(error.code).toBe('TimeLimitExceeded')
    expect(await resultOf(runner, 'who')).toMatchObject({ polluted: false })
    expect(made).toBe(2)
  })
})

describe('the peer', () => {
  const attack = { id: '1', type: 'SET', path: ['__proto__', '__proto__', 'polluted'], value: { type: 'RAW', value: 'yes' } }

  // reliability.md B2: Comlink follows the path that the peer names, and writes there.
  it('can not write to the page\'s prototypes', async () => {
    const runner = await started({ spawn: () => worker(`postMessage(${JSON.stringify(attack)});${code}`) })

    await resultOf(runner, 'who')

    expect('polluted' in {}).toBe(false)
  })

  it('can not write to the worker\'s prototypes', async () => {
    const workers: Worker[] = []
    const runner = await started({
      spawn: () => {
        workers.push(worker())
        return workers[0] as Worker
      },
    })
    await resultOf(runner, 'who')

    workers[0]?.postMessage(attack)

    expect(await resultOf(runner, 'who')).toMatchObject({ polluted: false })
  })
})

it('accepts what a worker offers, once one has said so', async () => {
  const runner = webWorkerRunner({ spawn: () => worker(), workers: 1 })
  runners.push(runner)
  const before = runner.accepts('who')

  await runner.start(host)
  await until(() => (runner.accepts('who') === 'unknown' ? undefined : true))

  expect([before, runner.accepts('who'), runner.accepts('nobodys')]).toEqual(['unknown', 'yes', 'no'])
})

it('leaves the page responsive while four heavy tasks run', async () => {
  const runner = await started({ workers: 4 })
  Object.assign(host.kwargs, { page: { list: Array.from({ length: 2_000 }, (_, number) => ({ number, text: 'x'.repeat(20) })) } })
  const longest: number[] = []

  // The machine may stop the page as well: what one round of three is free of comes not from here.
  for (let round = 0; round < 3; round += 1) {
    const seen: number[] = [0]
    const observer = new PerformanceObserver((list) => void seen.push(...list.getEntries().map(({ duration }) => duration)))
    observer.observe({ type: 'longtask' })
    const runs = await Promise.all(['compute', 'compute', 'compute', 'compute'].map((run) => dispatch(runner, run)))
    for (const { run } of runs) await (await run).outcome
    observer.disconnect()
    longest.push(Math.max(...seen))
  }

  console.info(`longest tasks of the page, in ms: ${longest.map(Math.round).join(', ')} (0: none over 50)`)
  expect(Math.min(...longest)).toBeLessThanOrEqual(50)
}, 30_000)

it.each([{ workers: 0 }, { tasksPerWorker: 1.5 }, { remember: -1 }, { key: '' }, { timeLimit: 'soon' }, { timeLimit: 0 }, { loadLimit: 0 }, { grace: -1 }, { spawn: null }])(
  'refuses %j',
  (options) => {
    expect(() => webWorkerRunner({ spawn: () => worker(), ...options } as never)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }))
  },
)

it('is described by its descriptor', () => {
  const { create, capabilities, ...words } = webWorkerRunnerDescriptor
  const spawn = (): Worker => worker()

  const { name, version } = manifest
  expect(words).toEqual({ kind: 'runner', key: 'web-worker', package: name, version, apiVersion: API_VERSION })
  expect(create({ spawn })).toBeInstanceOf(WebWorkerRunner)
  expect(create({ spawn })).toMatchObject({ key: 'web-worker', capabilities })
})
