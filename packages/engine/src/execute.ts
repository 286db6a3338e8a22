import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
import type { ExecutionReport, Invoke, Job, Records, TaskCall, TaskOutcome } from '@triggerkit/contracts'
import type { BeginAnswer, Instance, Task } from '@triggerkit/core'
import { commandWork } from './command-work.js'
import type { CommitLoop } from './commit-loop.js'
import type { Engine } from './engine.js'
import { toErrorRecord } from './error-record.js'
import { Execution } from './executions.js'
import { ownHooks } from './manager-traits.js'
import type { ManagerTraits } from './manager-traits.js'
import { failCommand, outcomeCommand } from './outcome.js'
import type { OutcomeCommand, OutcomeFacts } from './outcome.js'
import { callKeys, taskCall } from './task-call.js'
import { higherLevel } from './task-logger.js'
import { ManagerPort } from './task-port.js'
import type { TriggerManager } from './trigger-manager.js'

/** An execution that has begun, with all that it takes to run it. */
interface Begun {
  readonly engine: Engine
  readonly loop: CommitLoop
  readonly traits: ManagerTraits
  readonly instance: Instance
  readonly manager: TriggerManager
  readonly call: TaskCall
}

/**
 * Executes a job: begins, runs the task's function and records its outcome. A job that is no longer due is dropped.
 * @param invoke - runs the function elsewhere; by default this engine's own registry has it
 */
export async function execute(engine: Engine, job: Job, invoke?: Invoke): Promise<ExecutionReport> {
  const traits = engine.traits.get(job.manager)
  if (traits === undefined || job.storage !== engine.settings.storageKey) {
    engine.warnOnce('Jobs are dropped: their manager or storage is unknown here.', { manager: job.manager, storage: job.storage })
    return { outcome: 'dropped' }
  }
  const begun = await begin(engine, job, traits)
  if (begun === null) return { outcome: 'dropped' }
  const execution = new Execution(job, begun.instance.epoch)
  engine.executions.add(execution)
  engine.executions.check(job.uid, begun.loop.seen)
  try {
    return await run(begun, execution, invoke)
  } finally {
    engine.executions.remove(execution)
  }
}

async function begin(engine: Engine, job: Job, traits: ManagerTraits): Promise<Begun | null> {
  const loop = engine.loop(job.uid)
  const { instance: name, round, attempt } = job
  let records: Records = new Map()
  let began: { readonly instance: Instance; readonly task: Task } | null = null
  const work = commandWork<BeginAnswer>(traits, { type: 'begin', instance: name, round, attempt }, {
    patient: true,
    incarnation: job.incarnation,
    hooks: ownHooks(engine, job.uid, traits),
    reads: (draft) => {
      const instance = draft.instance(name)
      if (instance?.status !== 'running' || instance.round !== round || instance.attempt !== attempt) return []
      began = { instance, task: draft.task(instance.task) as Task }
      return callKeys(began.instance, began.task)
    },
    take: (read) => {
      records = read
    },
  })
  const { begun } = await loop.submit(work).catch(notBegun)
  if (!begun || began === null) return null
  const { instance, task } = began as { readonly instance: Instance; readonly task: Task }
  const execution = { instance: name, epoch: instance.epoch, round, incarnation: job.incarnation }
  const manager = new traits.managerClass({ engine, uid: job.uid, traits, execution })
  return { engine, loop, traits, instance, manager, call: taskCall(job, instance, task, records) }
}

/** The job of a session that is gone is due no more. */
function notBegun(error: unknown): { readonly begun: false } {
  if (isTriggerkitError(error, 'StaleExecutionError')) return { begun: false }
  throw error
}

async function run(begun: Begun, execution: Execution, invoke: Invoke | undefined): Promise<ExecutionReport> {
  const { engine, manager, call } = begun
  const port = new ManagerPort(engine, manager, call)
  const here = (): Promise<TaskOutcome> => engine.tasks.perform({ call, port, get signal() { return execution.signal } })
  const outcome = await outcomeOf(begun, execution, () => (invoke === undefined ? here() : invoke(call, execution.signal, port)))
  if (outcome === null) return { outcome: 'stale' }
  const logLevel = 'logLevel' in outcome ? higherLevel(outcome.logLevel, port.level) : port.level
  const facts = { execution: { instance: call.instance, epoch: execution.epoch }, logLevel, maxPayloadBytes: engine.settings.maxPayloadBytes }
  return record(begun, outcomeCommand(outcome, facts), facts)
}

/** How the function ended; `null` once the execution no longer counts, whatever the function does then. */
async function outcomeOf(
  { engine, call }: Begun,
  execution: Execution,
  perform: () => Promise<TaskOutcome>,
): Promise<TaskOutcome | null> {
  if (execution.isAborted) return null
  const stopWatch = limitTime(engine, call, execution)
  const aborted = execution.aborted.then((reason) => (isTriggerkitError(reason, 'TimeLimitExceeded') ? failed(reason) : null))
  try {
    return await Promise.race([aborted, perform().then((outcome) => checked(call, outcome))])
  } catch (error) {
    return failed(error)
  } finally {
    stopWatch()
  }
}

const KINDS: ReadonlySet<unknown> = new Set<TaskOutcome['kind']>(['finished', 'failed', 'skip', 'retry'])

/** What ran the function is somebody else's code: it may answer with anything. */
function checked({ run }: TaskCall, outcome: TaskOutcome | null | undefined): TaskOutcome {
  if (outcome && KINDS.has(outcome.kind)) return outcome
  return failed(new TriggerkitError('InvalidResult', `The runner of ${JSON.stringify(run)} did not report how it ended. Return a TaskOutcome.`, { details: { run } }))
}

function failed(error: unknown): TaskOutcome {
  return { kind: 'failed', error: toErrorRecord(error), logLevel: 'NOTSET' }
}

function limitTime({ settings, tasks }: Engine, { run, instance }: TaskCall, execution: Execution): () => void {
  const limit = tasks.has(run) ? tasks.get(run).timeLimit : null
  if (limit === null) return () => undefined
  const message = `${instance} took longer than its time limit of ${limit} ms.`
  const timer = settings.clock.setTimer(() => execution.abort(new TriggerkitError('TimeLimitExceeded', message, { details: { instance, limit } })), limit)
  return () => settings.clock.clearTimer(timer)
}

const REPORTS = { finish: 'finished', retry: 'retried', skipSelf: 'skipped' } as const

async function record(begun: Begun, command: OutcomeCommand, facts: OutcomeFacts): Promise<ExecutionReport> {
  const { loop, traits, manager, call } = begun
  try {
    await loop.submit(commandWork(traits, command, { patient: true, incarnation: call.incarnation, hooks: manager.hooks }))
  } catch (error) {
    return afterRefusal(begun, command, facts, error)
  }
  return command.type === 'fail' ? { outcome: 'failed', error: command.error } : { outcome: REPORTS[command.type] }
}

function afterRefusal(begun: Begun, command: OutcomeCommand, facts: OutcomeFacts, error: unknown): Promise<ExecutionReport> | ExecutionReport {
  if (isTriggerkitError(error, 'StaleExecutionError')) return { outcome: 'stale' }
  const failure = command.type === 'fail' ? command.error : null
  if (isTriggerkitError(error, 'SchedulingRefused')) return { outcome: 'failed', error: failure ?? toErrorRecord(error) }
  const unheard = isTriggerkitError(error, 'StorageUnavailable') || isTriggerkitError(error, 'OutcomeUnknown')
  // The work is done, and only its outcome is still to be told: it waits for the storage as long as this process does.
  if (unheard && !begun.engine.closing) return record(begun, command, facts)
  // No room for the result, or reactions without end: the instance keeps at least the reason.
  if (failure === null && !unheard && !isTriggerkitError(error, 'Closed')) return record(begun, failCommand(error, facts), facts)
  begun.engine.settings.logger.error('The outcome of an execution could not be recorded.', {
    uid: begun.loop.uid,
    instance: begun.instance.name,
    error: String(error),
  })
  return { outcome: 'stale' }
}
