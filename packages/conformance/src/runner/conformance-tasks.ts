import { TriggerkitError } from '@triggerkit/contracts'
import type { ErrorRecord, Invoke, JsonObject, Task, TaskOutcome } from '@triggerkit/contracts'

/*
 * The suite's task functions. Where a runner's code lives elsewhere they are loaded on the far side, by module: they share
 * nothing with the suite, and tell it things by result, error, log and `port.call` only.
 */

/** The error that `conformance.fail` fails with. */
export const CONFORMANCE_ERROR: ErrorRecord = {
  type: 'PaymentError',
  message: 'The card was refused. – Größe: 10 €',
  code: 'E_CARD_REFUSED',
  stack: 'PaymentError: The card was refused.\n    at pay (payment.ts:1:1)',
  context: { card: { digits: '4242', tries: [1, 2, 3] }, vip: false, limit: null },
  causes: [{ type: 'TypeError', message: 'No amount.', code: '402', stack: null, context: { amount: null }, causes: [] }],
}

/** The request that `conformance.retry` ends with. */
export const CONFORMANCE_RETRY: Extract<TaskOutcome, { kind: 'retry' }> = {
  kind: 'retry',
  error: CONFORMANCE_ERROR,
  metadata: { reason: 'busy' },
  replacementKwargs: { page: { number: 2 } },
  cooldown: 1_234,
}

/** The metadata that `conformance.skip` skips with. */
export const CONFORMANCE_METADATA: JsonObject = { reason: { nested: ['not', 'needed'] }, count: 0 }

/** What `conformance.log` logs before it finishes. */
export const CONFORMANCE_LOGS = [
  { level: 'DEBUG', message: 'first', meta: { step: 1 } },
  { level: 'INFO', message: 'second', meta: { step: 2, nested: { list: [1, null, 'x'] } } },
  { level: 'WARNING', message: 'third', meta: {} },
  { level: 'ERROR', message: 'fourth', meta: { step: 4 } },
] as const

/** The limit of the functions that outlast theirs, in milliseconds. */
const TIME_LIMIT = 150
/** A loop ends after all, in milliseconds, so that a runner which can't cut it is found out and not hung. */
const LOOP_LENGTH = 3_000

const VALUES: Readonly<Record<string, () => unknown>> = {
  bigint: () => 10n,
  date: () => new Date(0),
  function: () => () => 1,
  nan: () => Number.NaN,
}

/**
 * The task functions that the runner suite has run. A runner whose code lives elsewhere offers them on its far side; one that
 * runs the functions of an engine needs nothing.
 */
export const conformanceTasks: readonly Task[] = [
  task('echo', async ({ kwargs }) => finished({ kwargs })),
  task('hold', async ({ instance }, _signal, port) => finished({ answer: await port.call('hold', [instance]) })),
  task('fail', async () => ({ kind: 'failed', error: CONFORMANCE_ERROR, metadata: { seen: true }, logLevel: 'WARNING' })),
  task('reject', () => Promise.reject(unexpected())),
  task('retry', async () => CONFORMANCE_RETRY),
  task('skip', async () => ({ kind: 'skip', metadata: CONFORMANCE_METADATA })),
  task('log', async (_call, _signal, port) => {
    for (const entry of CONFORMANCE_LOGS) port.log(entry)
    return { kind: 'finished', result: {}, logLevel: 'ERROR' }
  }),
  task('call', async (_call, _signal, port) => finished({ answer: await port.call('echo', ['a', { b: [1, null] }]) })),
  task('callRefused', async (_call, _signal, port) => finished({ refusal: await refusalOf(port.call('refuse', [])) })),
  task('notJson', async ({ kwargs }) => finished({ value: VALUES[String(kwargs['kind'])]?.() })),
  task('awaitAbort', async (_call, signal, port) => {
    await port.call('begun', [])
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    return finished({ aborted: signal.aborted })
  }),
  task('never', neverEnd),
  task('neverInTime', neverEnd, TIME_LIMIT),
  task('loop', loop),
  task('loopBeyondTime', loop, TIME_LIMIT),
]

function task(name: string, perform: Invoke, timeLimit: number | null = null): Task {
  return { name: `conformance.${name}`, timeLimit, perform }
}

function finished(result: unknown): TaskOutcome {
  return { kind: 'finished', result, logLevel: 'NOTSET' }
}

function unexpected(): TriggerkitError {
  const cause = Object.assign(new RangeError('Out of paper.'), { code: 'E_PAPER' })
  return new TriggerkitError('InvalidResult', 'Nobody caught this.', { cause, details: { tray: 3 } })
}

async function refusalOf(call: Promise<unknown>): Promise<JsonObject> {
  try {
    await call
    return { refused: false }
  } catch (error) {
    const { message, code } = error as { message?: string; code?: string }
    return { refused: true, message: message ?? null, code: code ?? null }
  }
}

async function neverEnd(...[, , port]: Parameters<Invoke>): Promise<TaskOutcome> {
  await port.call('begun', [])
  return new Promise(() => undefined)
}

async function loop(...[, , port]: Parameters<Invoke>): Promise<TaskOutcome> {
  await port.call('begun', [])
  const began = performance.now()
  while (performance.now() - began < LOOP_LENGTH);
  return finished({ cut: false })
}
