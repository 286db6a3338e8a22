import type { ErrorRecord } from '@triggerkit/contracts'
import type { DebugView, InstanceView, TaskView } from '@triggerkit/engine'

/** How each status is said of an instance. */
const SAID = {
  unstarted: 'is unstarted',
  scheduled: 'is scheduled',
  running: 'is running',
  finished: 'finished',
  failed: 'failed',
  replayed: 'was replayed',
  skipped: 'was skipped',
  abandoned: 'was abandoned',
} as const

/** An instance's status as one says it: `finished`, `is unstarted`, … */
export function said({ status }: InstanceView): string {
  return SAID[status]
}

/** How many instances and tasks a report lists. */
const LISTED = 50

/** What one wants to know where an expectation failed: the instances concerned in detail, and all that there are. */
export function report(view: DebugView, concerned: readonly string[]): string {
  const details = concerned.flatMap((name) => instanceOf(view, name) ?? []).flatMap(errorLines)
  return [...details, ...sessionLines(view)].join('\n')
}

/** The instance of that name, if the session has it. */
export function instanceOf({ instances }: DebugView, name: string): InstanceView | undefined {
  return Object.hasOwn(instances, name) ? instances[name] : undefined
}

/** An error and its causes in one line each: type, message and code. */
export function errorLine({ type, message, code }: ErrorRecord): string {
  return `${type}: ${message}${code === null ? '' : ` (code ${code})`}`
}

function errorLines({ name, error }: InstanceView): readonly string[] {
  if (error === null) return []
  const causes = error.causes.flatMap((cause) => [`  caused by ${errorLine(cause)}`, ...trace(cause)])
  return [`Error of ${name}:`, `  ${errorLine(error)}`, ...trace(error), ...causes]
}

/** The stack without its head, which repeats the message. */
function trace({ stack, message }: ErrorRecord): readonly string[] {
  if (stack === null) return []
  const head = stack.indexOf(message)
  const frames = head === -1 ? stack : stack.slice(head + message.length)
  return frames
    .split('\n')
    .map((frame) => frame.trim())
    .filter((frame) => frame !== '')
    .map((frame) => `      ${frame}`)
}

function sessionLines(view: DebugView): readonly string[] {
  const tasks = Object.values(view.tasks)
  const head = `Session ${JSON.stringify(view.metadata.uid)}`
  if (tasks.length === 0) return [`${head} has no tasks.`]
  const lines = tasks.flatMap((task) => taskLines(view, task))
  const more = lines.length > LISTED ? [`… and ${lines.length - LISTED} more`] : []
  return [`${head}:`, ...[...lines.slice(0, LISTED), ...more].map((line) => `  ${line}`)]
}

function taskLines(view: DebugView, task: TaskView): readonly string[] {
  const instances = Object.values(view.instances).filter((instance) => instance.task === task.name)
  if (instances.length > 0) return instances.map((instance) => `${instance.name} ${said(instance)}${circumstances(instance)}`)
  return [`${task.name} has no instance${waiting(task.configuration.after.filter((trigger) => !view.metadata.firedTriggers.includes(trigger)))}`]
}

function circumstances({ status, waitsFor, error, cooldown, timestamps }: InstanceView): string {
  if (status === 'unstarted') return waiting(waitsFor)
  if (status === 'scheduled' && cooldown !== null) return `, cooling down for ${cooldown} ms since ${new Date(timestamps.scheduled ?? 0).toISOString()}`
  return error === null ? '' : `: ${errorLine(error)}`
}

function waiting(triggers: readonly string[]): string {
  return triggers.length === 0 ? '' : `, waits for ${triggers.join(', ')}`
}
