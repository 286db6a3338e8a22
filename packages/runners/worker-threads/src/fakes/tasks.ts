import { execFileSync } from 'node:child_process'
import { threadId } from 'node:worker_threads'

import type { Invoke, JsonValue, Task, TaskOutcome, TriggerkitError } from '@triggerkit/contracts'

/* What people's task functions do to a thread. */

const done = (result: unknown = {}): TaskOutcome => ({ kind: 'finished', result, logLevel: 'NOTSET' })
const forEver = (): Promise<TaskOutcome> => new Promise(() => undefined)
const task = (name: string, perform: Invoke, timeLimit: number | null = null): Task => ({ name, timeLimit, perform })

class PaymentError extends Error {
  readonly code = 'E_CARD'
}

/** What a late call was answered with. */
let lateRefusal: string | null = null
const imported = { times: 0 }
imported.times += 1

export const tasks: readonly Task[] = [
  task('echo', async ({ kwargs }) => done({ kwargs })),
  task('thread', async () => done({ threadId })),
  task('hold', async (_call, _signal, port) => {
    await port.call('hold', [])
    return done({ threadId })
  }),
  task('loop', async (_call, _signal, port) => {
    await port.call('begun', [])
    for (;;);
  }),
  task('loop in time', async () => {
    for (;;);
  }, 100),
  task('say and loop', async (_call, _signal, port) => {
    port.log({ level: 'WARNING', message: 'About to loop.', meta: {} })
    for (;;);
  }, 100),
  task('clean up', async (_call, signal, port) => {
    await port.call('begun', [])
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    const { name, code, message } = signal.reason as TriggerkitError
    await port.call('cleaned', [name, code, message])
    return done({ cleaned: true })
  }),
  task('clean up in time', async (_call, signal, port) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    await port.call('cleaned', [(signal.reason as TriggerkitError).code])
    return done()
  }, 50),
  task('for ever', forEver),
  task('sleep natively', async (_call, _signal, port) => {
    port.log({ level: 'INFO', message: 'Sleeping.', meta: {} })
    execFileSync('sleep', ['1'])
    return done()
  }),
  task('hoard', async () => {
    const hoard: number[][] = []
    for (;;) hoard.push(Array.from({ length: 10_000 }, (_, index) => index + hoard.length))
  }),
  task('exit', () => process.exit(3)),
  task('throw later', () => {
    setTimeout(() => {
      throw new PaymentError('Nobody caught this.')
    }, 1)
    return forEver()
  }),
  task('reject later', () => {
    void Promise.reject(new Error('Nobody waited for this.'))
    return forEver()
  }),
  task('log and exit', async (_call, _signal, port) => {
    port.log({ level: 'INFO', message: 'Last words.', meta: {} })
    return process.exit(0)
  }),
  task('leave a bomb', async ({ kwargs }) => {
    setTimeout(() => {
      throw new Error('Too late.')
    }, kwargs['after'] as unknown as number)
    return done()
  }),
  task('odd result', async ({ kwargs }) => done({ fine: true, odd: oddities[String(kwargs['kind'])]?.() })),
  task('odd log', async (_call, _signal, port) => {
    port.log({ level: 'INFO', message: 'Odd.', meta: { callback: () => 1 } })
    return done()
  }),
  task('odd call', async (_call, _signal, port) => {
    const refusal = await port.call('echo', [(() => 1) as unknown as JsonValue]).catch((error: unknown) => error as TriggerkitError)
    return done({ code: (refusal as TriggerkitError).code })
  }),
  task('odd answer', async (_call, _signal, port) => {
    const refusal = await port.call('odd', []).catch((error: unknown) => error as Error)
    return done({ name: (refusal as Error).name })
  }),
  task('refused call', async (_call, _signal, port) => {
    const refusal = (await port.call('refuse', []).catch((error: unknown) => error)) as TriggerkitError
    return done({ code: refusal.code, details: refusal.details, cause: (refusal.cause as Error).message })
  }),
  task('throw', () => {
    throw Object.assign(new PaymentError('The card was refused.', { cause: new TypeError('No amount.') }), {
      [Symbol.for('triggerkit/errorContext')]: { score: 7, callback: () => 1 },
    })
  }),
  task('throw text', () => Promise.reject('only text')),
  task('throw a trap', () => Promise.reject(new Proxy({}, { get: () => { throw new Error('trap') } }))),
  task('call late', async (_call, _signal, port) => {
    setTimeout(() => void port.call('echo', []).catch((error: unknown) => (lateRefusal = (error as TriggerkitError).code)), 1)
    return done()
  }),
  task('late refusal', async () => done({ lateRefusal })),
  task('change kwargs', async ({ kwargs }) => {
    const list = kwargs['list'] as JsonValue[]
    list.push('changed')
    return done({ length: list.length })
  }),
  task('pollute', async (_call, _signal, port) => {
    const poison = JSON.parse('{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}') as JsonValue
    port.log({ level: 'INFO', message: 'Poison.', meta: poison as Record<string, unknown> })
    const answer = await port.call('echo', [poison])
    return done({ poison, answer, polluted: 'polluted' in {} })
  }),
  task('imported', async () => done(imported)),
]

const oddities: Readonly<Record<string, () => unknown>> = {
  function: () => () => 1,
  symbol: () => Symbol('s'),
  proxy: () => new Proxy({}, {}),
  getter: () => ({
    get trap(): never {
      throw new Error('trap')
    },
  }),
  promise: () => Promise.resolve(1),
}
