import { TriggerkitError } from '@triggerkit/contracts'

const METHODS = ['postMessage', 'addEventListener', 'terminate'] as const

/** Every worker that was ever given to a runner of this page: each serves one. */
const GIVEN = new WeakSet<Worker>()

/**
 * A new worker from the application's `spawn`.
 * @throws `InvalidArgument` if it throws, gives no worker, or one that it gave before
 */
export function spawned(spawn: () => Worker): Worker {
  const worker = call(spawn)
  if (METHODS.some((method) => typeof (worker as Partial<Worker> | undefined)?.[method] !== 'function')) {
    throw invalid(`returned ${String(worker)}, which is not a Worker`)
  }
  if (GIVEN.has(worker)) throw invalid('returned the same worker twice')
  GIVEN.add(worker)
  return worker
}

function call(spawn: () => Worker): Worker {
  try {
    return spawn()
  } catch (cause) {
    throw invalid(`threw ${String(cause)}`, cause)
  }
}

function invalid(what: string, cause?: unknown): TriggerkitError {
  const message = `web worker runner, spawn: it ${what}. Make a new one each time: () => new Worker(new URL('./tasks.worker.js', import.meta.url), { type: 'module' }).`
  return new TriggerkitError('InvalidArgument', message, { ...(cause !== undefined && { cause }), details: { name: 'spawn' } })
}
