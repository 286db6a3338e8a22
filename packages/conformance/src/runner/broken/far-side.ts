import type { CancelSignal, ErrorRecord, Invoke, TaskCall, TaskOutcome, TaskPort } from '@triggerkit/contracts'
import { conformanceTasks } from '../conformance-tasks.js'

/** Where code lives that is not the engine's process. */
export interface FarSide {
  begin(call: TaskCall, signal: CancelSignal, port: TaskPort): FarExecution
}

export interface FarExecution {
  readonly outcome: Promise<TaskOutcome>
  /** Ends it, whatever it does. */
  cut(): void
}

/** A far side in the same thread: everything is cloned on its way, and what can't be is an error. A loop it can't cut. */
export const simulatedFarSide: FarSide = {
  begin: (call, signal, port) => ({ outcome: perform(structuredClone(call), signal, port), cut: () => undefined }),
}

async function perform(call: TaskCall, signal: CancelSignal, port: TaskPort): Promise<TaskOutcome> {
  try {
    return structuredClone(await functionOf(call.run)(call, signal, clonedPort(port)))
  } catch (error) {
    return { kind: 'failed', error: recordOf(error), logLevel: 'NOTSET' }
  }
}

function functionOf(run: string): Invoke {
  const task = conformanceTasks.find(({ name }) => name === run)
  if (task === undefined) throw new Error(`There is no function ${run}.`)
  return task.perform
}

function clonedPort(port: TaskPort): TaskPort {
  return {
    call: async (method, args) => structuredClone(await port.call(method, structuredClone(args))),
    log: (entry) => port.log(structuredClone(entry)),
  }
}

function recordOf(error: unknown): ErrorRecord {
  const { name = 'Error', message = String(error), code, cause } = error as { name?: string; message?: string; code?: string; cause?: unknown }
  const causes = cause === undefined ? [] : [recordOf(cause)]
  return { type: name, message, code: code ?? null, stack: null, context: {}, causes }
}
