import type { MessagePort } from 'node:worker_threads'

import { toErrorMessage } from './error-message.js'
import { FarSide } from './far-side.js'
import { loadTasks } from './load-tasks.js'
import { Outbox } from './outbox.js'
import type { Assignment, FromThread, ToThread } from './protocol.js'

/**
 * What a thread of the pool does: imports the tasks' modules, then runs tasks until it is told to leave. The runner calls it; it
 * is exported for bundlers, which must be told where it lies.
 */
export async function serve({ port, modules }: Assignment<MessagePort>): Promise<void> {
  const outbox = new Outbox<FromThread>(port)
  try {
    const tasks = await loadTasks(modules)
    outbox.post({ type: 'ready', tasks: tasks.names().map((name) => ({ name, timeLimit: tasks.get(name).timeLimit ?? null })) })
    await obey(port, new FarSide(tasks, outbox))
  } catch (error) {
    outbox.post({ type: 'refused', error: toErrorMessage(error) })
  } finally {
    outbox.flush()
    port.close()
  }
}

/** Ends when the thread is told to leave. */
function obey(port: MessagePort, farSide: FarSide): Promise<void> {
  return new Promise((resolve) => {
    port.on('message', (messages: readonly ToThread[]) => {
      for (const message of messages) {
        if (message.type === 'leave') resolve()
        else farSide.receive(message)
      }
    })
  })
}
