import { setImmediate } from 'node:timers/promises'

import { createTriggers, inlineRunner, isTriggerkitError, type Logger, type Task, type Triggers } from 'triggerkit'
import type { ErrorCode, Runner, TaskConfigurations } from '@triggerkit/contracts'

import { describeError } from './describe-error.js'
import { isBadLine, type BadLine, type ReplayEvent } from './event.js'
import { UsageError } from './exit-codes.js'
import { runInLanes } from './lanes.js'
import { MeasuredRunner, Workload } from './measured-runner.js'
import { resolvesInTime } from './patience.js'
import { printable } from './printable.js'
import type { Progress, Standing } from './progress/progress.js'
import { summarise, type Summary } from './summary.js'
import { Tally } from './tally.js'

/** What to replay. */
export interface Replay {
  readonly title: string
  readonly configuration: TaskConfigurations
  readonly tasks: readonly Task[]
  readonly events: AsyncIterable<ReplayEvent | BadLine>
  /** How many events there are, where that is known beforehand. */
  readonly total: number | null
  /** How many events are under way, and tasks run, at once. */
  readonly concurrency: number
}

export interface ReplayEnvironment {
  readonly progress: Progress
  /** Ends the reading; what has been fired is finished. */
  readonly stop: AbortSignal
  /** Ends the waiting for tasks. */
  readonly giveUp: AbortSignal
  /** How long to wait for tasks after the last event, and for the end of one while reading pauses. */
  readonly patienceMs: number
  /** Milliseconds since some moment, never going back. */
  readonly now: () => number
}

/** Reading pauses while so many jobs wait for each one that may run, unless they seem to be stuck. */
const JOBS_PER_RUN = 8

/** What an event's own content may be refused for. Anything else is no fault of its line. */
const REFUSALS: readonly ErrorCode[] = ['InvalidName', 'InvalidPayload', 'PayloadTooLarge', 'FiringIdReused', 'InvalidArgument']

/** Fires every event of the source in its session, waits for the tasks, and tells what came of it. */
export async function replay(what: Replay, environment: ReplayEnvironment): Promise<Summary> {
  const { progress, stop, now } = environment
  const began = now()
  const tally = new Tally()
  const workload = new Workload()
  const triggers = createTriggers({ ...what, configuration: asWritten(what.configuration), runners: runnersFor(what, workload), logger: loggerOf(progress) })
  const standing = (phase: Standing['phase']) => (): Standing => stand(phase, { tally, workload, elapsedMs: now() - began })
  progress.open({ title: what.title, total: what.total })
  let isDone = false
  try {
    await triggers.start()
    await fireAll(what, { ...environment, triggers, tally, workload, standing: standing('reading') })
    // Ctrl-C also ends whoever writes the input, and the end of the input can be seen before the signal.
    await setImmediate()
    progress.update(standing('draining'))
    isDone = await drained(triggers, environment)
    const tasks = what.configuration.map(([name]) => name)
    const summary = await summarise(triggers, tally, { tasks, interrupted: stop.aborted, elapsedMs: now() - began })
    progress.close(summary)
    return summary
  } catch (error) {
    progress.abandon()
    throw error
  } finally {
    await triggers.close({ drain: isDone })
  }
}

/** The tasks as a document has them, where custom directives stand beside the others. */
function asWritten(configuration: TaskConfigurations): unknown {
  return configuration.map(([name, { extras, ...task }]) => [name, { ...extras, ...task }])
}

async function fireAll(what: Replay, context: Handling & ReplayEnvironment & { workload: Workload; standing: () => Standing }): Promise<void> {
  const { workload, stop, patienceMs, standing } = context
  await runInLanes(untilUnreadable(what.events, context), {
    limit: what.concurrency,
    laneOf: (item) => (isBadLine(item) ? '' : item.session),
    handle: async (item) => {
      await handle(item, context)
      context.progress.update(standing)
    },
    ready: () => workload.below(what.concurrency * JOBS_PER_RUN, { patienceMs, signal: stop }),
    signal: stop,
  })
}

/** The events, as far as they can be read. Where they end too early, the reason is told. */
async function* untilUnreadable(events: Replay['events'], { tally, progress }: Handling): Replay['events'] {
  try {
    yield* events
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    tally.cutShort = true
    progress.note(error.message)
  }
}

/** Waits until no runner has anything left to do, or for so long; tells whether all is done. */
async function drained(triggers: Triggers, { progress, giveUp, patienceMs }: ReplayEnvironment): Promise<boolean> {
  const isDone = await resolvesInTime(triggers.idle(), { patienceMs, signal: giveUp })
  if (!isDone) progress.note('Some tasks are still under way; the summary shows how far they are. Wait longer for them with --wait.')
  return isDone
}

interface Handling {
  readonly triggers: Triggers
  readonly tally: Tally
  readonly progress: Progress
}

async function handle(item: ReplayEvent | BadLine, { triggers, tally, progress }: Handling): Promise<void> {
  const bad = isBadLine(item) ? item : await fire(triggers, tally, item)
  tally.events += 1
  if (bad === null) return
  tally.badLines += 1
  progress.badLine(bad)
}

async function fire(triggers: Triggers, tally: Tally, event: ReplayEvent): Promise<BadLine | null> {
  const { line, session, trigger, kwargs, id } = event
  try {
    const { duplicate } = await triggers.manager(session).fire(trigger, kwargs, id === undefined ? {} : { id })
    tally.fired(event, duplicate)
    return null
  } catch (error) {
    if (!isTriggerkitError(error) || !REFUSALS.includes(error.code)) throw error
    return { line, reason: `was refused: ${printable(error.message)}` }
  }
}

/** Every runner that the configuration asks for is an embedded one here, whatever it is elsewhere. */
function runnersFor({ configuration, concurrency }: Replay, workload: Workload): Record<string, Runner> {
  const keys = new Set(['inline', ...configuration.flatMap(([, { using }]) => (using === null ? [] : [using]))])
  return Object.fromEntries([...keys].map((key) => [key, new MeasuredRunner(inlineRunner({ key, concurrency }), workload)]))
}

function stand(phase: Standing['phase'], { tally, workload, elapsedMs }: { tally: Tally; workload: Workload; elapsedMs: number }): Standing {
  const { events, firings, sessions, badLines } = tally
  const { ended, waiting } = workload
  return { phase, events, firings, sessions: sessions.size, badLines, finished: ended.finished, failed: ended.failed, waiting, elapsedMs }
}

function loggerOf(progress: Progress): Logger {
  const ignore = (): void => undefined
  const tell: Logger['warn'] = (message, meta) => progress.note(printable(meta?.['error'] === undefined ? message : `${message} ${describeError(meta['error'])}`))
  return { debug: ignore, info: ignore, warn: tell, error: tell }
}
