import type { Invoke, JsonObject, Task, TaskOutcome, TriggerkitError } from '@triggerkit/contracts'

import { exposeTasks } from './worker.js'

/** What the runner's own tests have run. */
const tasks: Readonly<Record<string, Invoke>> = {
  who: async () => finished({ thread: self.constructor.name, polluted: 'polluted' in {} }),
  fail: () => Promise.reject(failure()),
  call: async (_call, _signal, port) => {
    const refusal: unknown = await port.call('refuse', []).catch((error: unknown) => error)
    const { name, code, message, details, cause } = refusal as TriggerkitError
    return finished({ name, code, message, details: details as JsonObject, cause: (cause as Error).message })
  },
  throwLater: (_call, _signal, port) => {
    setTimeout(() => {
      throw new Error('Nobody caught this.')
    })
    return hold(port)
  },
  close: (_call, _signal, port) => {
    self.close()
    return hold(port)
  },
  hold: (_call, _signal, port) => hold(port),
  heed: async (_call, signal, port) => {
    await port.call('begun', [])
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    throw signal.reason as Error
  },
  loop: async (_call, _signal, port) => {
    await port.call('begun', [])
    for (;;);
  },
  compute: async ({ kwargs }) => {
    const began = performance.now()
    let rounds = 0
    while (performance.now() - began < 400) rounds += 1
    return finished({ rounds, kwargs })
  },
  giveFunction: async () => finished({ list: [1, { done: () => 1 }] }),
  giveInstance: async () => finished({ at: new URL('https://example.org') }),
  giveProxy: async () => finished(new Proxy({}, {})),
  logFunction: async (_call, _signal, port) => {
    port.log({ level: 'INFO', message: 'first', meta: { done: (() => 1) as never } })
    port.log({ level: 'INFO', message: 'second', meta: { number: 2 } })
    return finished(null)
  },
  sendFunction: async (_call, _signal, port) => finished({ sent: await port.call('echo', [{ then: (() => 1) as never }]) }),
}

function finished(result: unknown): TaskOutcome {
  return { kind: 'finished', result, logLevel: 'NOTSET' }
}

async function hold(port: Parameters<Invoke>[2]): Promise<TaskOutcome> {
  await port.call('begun', [])
  return new Promise(() => undefined)
}

function failure(): Error {
  const cause = Object.assign(new RangeError('Out of paper.'), { code: 'E_PAPER', handle: () => 1, details: { tray: 3 } })
  const error = new TypeError('It did not print.', { cause })
  Object.defineProperty(error, Symbol.for('triggerkit/errorContext'), { value: { page: 7, printer: () => 1 } })
  return error
}

exposeTasks(Object.entries(tasks).map(([name, perform]): Task => ({ name, timeLimit: null, perform })))
