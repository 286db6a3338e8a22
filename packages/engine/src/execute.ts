import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
import type { ErrorRecord, ExecutionReport, Invoke, Job, JsonObject, Records, Task as TaskFunction, TaskCall, TaskConfiguration, TaskOutcome, TaskPort } from '@triggerkit/contracts'
import { toJsonObject } from '@triggerkit/config'
import { mergeParams, placeKey } from '@triggerkit/core'
import type { BeginAnswer, Command, Instance, Task, UsedKwargs } from '@triggerkit/core'
import { commandWork } from './command-work.js'
import type { CommitLoop } from './commit-loop.js'
import type { Engine } from './engine.js'
import { toErrorRecord } from './error-record.js'
import type { Execution } from './executions.js'
import type { ManagerTraits } from './manager-traits.js'
import { joinKwargs, kwargsKeys } from './payloads.js'
import { managerPort } from './task-port.js'
import type { TriggerManager } from './trigger-manager.js'

/** An execution that has begun, with all that it takes to run it. */
interface Begun {
  readonly engine: Engine
  readonly loop: CommitLoop
  readonly traits: ManagerTraits
  readonly job: Job
  readonly instance: Instance
  readonly call: TaskCall
}

/**
 * Executes a job: begins, runs the task's function and records its outcome. A job that is no longer due is dropped.
 * @param invoke - runs the function elsewhere; by default this engine's own registry has it
 */
export async function execute(engine: Engine, job: Job, invoke?: Invoke): Promise<ExecutionReport> {
  const traits = engine.traits.get(job.manager)
  if (traits === undefined || job.storage !== engine.settings.storageKey) {
    engine.warnOnce('Jobs are dropped: their manager or storage is not known here.', { manager: job.manager, storage: job.storage })
    return { outcome: 'dropped' }
  }
  const begun = await begin(engine, job, traits)
  if (begun === null) return { outcome: 'dropped' }
  const execution: Execution = { job, epoch: begun.instance.epoch, controller: new AbortController() }
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
    reads: (draft) => {
      const instance = draft.instance(name)
      if (instance?.status !== 'running' || instance.round !== round || instance.attempt !== attempt) return []
      began = { instance, task: draft.task(instance.task) as Task }
      return payloadKeys(began.instance, began.task)
    },
    take: (read) => {
      records = read
    },
  })
  const { begun } = await loop.submit({
    ...work,
    carryOut: (draft, recording) =>
      loop.seen?.version.incarnation === job.incarnation ? work.carryOut(draft, recording) : nothing(name),
  })
  if (!begun || began === null) return null
  const { instance, task } = began as { readonly instance: Instance; readonly task: Task }
  return { engine, loop, traits, job, instance, call: taskCall(engine, job, instance, task, records) }
}

function nothing(instance: string): { answer: BeginAnswer; effects: []; events: []; refusal: null } {
  return { answer: { instance, begun: false, epoch: 0 }, effects: [], events: [], refusal: null }
}

function payloadKeys({ used }: Instance, { index, revision }: Task): readonly string[] {
  const source = used as UsedKwargs
  const keys = kwargsKeys(source)
  return source.revision === revision ? keys : [...keys, placeKey('c', index, source.revision)]
}

function taskCall({ settings }: Engine, job: Job, instance: Instance, task: Task, records: Records): TaskCall {
  const used = instance.used as UsedKwargs
  const old = records.get(placeKey('c', task.index, used.revision)) as unknown as TaskConfiguration | undefined
  const configuration = old ?? task.configuration
  const { uid, incarnation, manager, round, attempt } = job
  return {
    run: configuration.run,
    uid,
    incarnation,
    instance: instance.name,
    task: task.name,
    configuration,
    kwargs: mergeParams(configuration, joinKwargs(used, records)),
    round,
    attempt,
    depth: instance.depth,
    manager,
    storage: settings.storageKey,
  }
}

async function run(begun: Begun, execution: Execution, invoke: Invoke | undefined): Promise<ExecutionReport> {
  const { engine, loop, traits, instance, call } = begun
  const id = { instance: instance.name, epoch: execution.epoch }
  const manager = new traits.managerClass({ engine, uid: loop.uid, traits, execution: { ...id, round: instance.round } })
  const outcome = await outcomeOf(begun, execution, invoke, managerPort(engine, manager, call))
  if (outcome === null) return { outcome: 'stale' }
  return record(begun, manager, outcome, execution)
}

/** How the function ended; `null` once the execution no longer counts, whatever the function does then. */
async function outcomeOf({ engine, call }: Begun, { controller }: Execution, invoke: Invoke | undefined, port: TaskPort): Promise<TaskOutcome | null> {
  const { signal } = controller
  const stopWatch = limitTime(engine, call, controller)
  const aborted = new Promise<TaskOutcome | null>((resolve) => {
    const settle = (): void => resolve(isTriggerkitError(signal.reason, 'TimeLimitExceeded') ? failed(signal.reason) : null)
    if (signal.aborted) settle()
    else signal.addEventListener('abort', settle, { once: true })
  })
  try {
    const perform = invoke ?? (engine.tasks.get(call.run) as TaskFunction).perform
    return await Promise.race([perform(call, signal as never, port), aborted])
  } catch (error) {
    return failed(error)
  } finally {
    stopWatch()
  }
}

function failed(error: unknown): TaskOutcome {
  return { kind: 'failed', error: toErrorRecord(error), logLevel: 'NOTSET' }
}

function limitTime({ settings, tasks }: Engine, { run, instance }: TaskCall, controller: AbortController): () => void {
  const limit = tasks.has(run) ? tasks.get(run).timeLimit : null
  if (limit === null) return () => undefined
  const message = `${instance} took longer than its time limit of ${limit} ms.`
  const timer = settings.clock.setTimer(() => controller.abort(new TriggerkitError('TimeLimitExceeded', message, { details: { instance, limit } })), limit)
  return () => settings.clock.clearTimer(timer)
}

async function record(begun: Begun, manager: TriggerManager, outcome: TaskOutcome, { epoch }: Execution): Promise<ExecutionReport> {
  const { engine, loop, traits, instance } = begun
  const command = toCommand(engine, outcome, { instance: instance.name, epoch })
  const failure = command.type === 'fail' ? command.error : null
  try {
    await loop.submit(commandWork(traits, command, { patient: true, hooks: manager.hooks }))
  } catch (error) {
    return afterRefusal(begun, error, failure)
  }
  if (failure !== null) return { outcome: 'failed', error: failure }
  return { outcome: ({ finish: 'finished', retry: 'retried', skipSelf: 'skipped' } as const)[command.type as 'finish'] }
}

function afterRefusal({ engine, job }: Begun, error: unknown, failure: ErrorRecord | null): ExecutionReport {
  if (isTriggerkitError(error, 'StaleExecutionError')) return { outcome: 'stale' }
  if (isTriggerkitError(error, 'SchedulingRefused')) return { outcome: 'failed', error: failure ?? toErrorRecord(error) }
  engine.settings.logger.error('The outcome of an execution could not be recorded; it will run again.', {
    uid: job.uid,
    instance: job.instance,
    error: String(error),
  })
  return { outcome: 'stale' }
}

type OutcomeCommand = Extract<Command, { type: 'finish' | 'fail' | 'retry' | 'skipSelf' }>

function toCommand({ settings }: Engine, outcome: TaskOutcome, execution: { instance: string; epoch: number }): OutcomeCommand {
  switch (outcome.kind) {
    case 'finished':
      try {
        const result = toResult(outcome.result, settings.maxPayloadBytes)
        return { type: 'finish', execution, result, logLevel: outcome.logLevel }
      } catch (error) {
        return { type: 'fail', execution, error: toErrorRecord(error), metadata: {}, logLevel: outcome.logLevel }
      }
    case 'failed':
      return { type: 'fail', execution, error: outcome.error, metadata: outcome.metadata ?? {}, logLevel: outcome.logLevel }
    case 'retry': {
      const { error, metadata, replacementKwargs, cooldown } = outcome
      return { type: 'retry', execution, error, metadata, replacementKwargs, cooldown }
    }
    case 'skip':
      return { type: 'skipSelf', execution, metadata: outcome.metadata }
  }
}

// Nothing, `false`, `0`, an empty text and an empty list count as an empty mapping, as in the reference.
function toResult(result: unknown, maxBytes: number): JsonObject {
  if (!result || (Array.isArray(result) && result.length === 0)) return {}
  if (typeof result === 'object' && !Array.isArray(result)) return toJsonObject(result, 'result', { maxBytes })
  const given = Array.isArray(result) ? 'a list' : `a ${typeof result}`
  throw new TriggerkitError('InvalidResult', `The task returned ${given}; it must return an object, which becomes the kwargs of its cascade, or nothing.`)
}
