import type { ErrorRecord, JsonObject, JsonValue, TaskConfiguration } from '@triggerkit/contracts'

import { decodeInstance, Draft, SessionState, toRecords, transition } from './index.js'
import type { BeginAnswer, Command, Inputs, Instance, InstanceStatus, RunnerTraits, Transition } from './index.js'

export const QUEUE: RunnerTraits = { durable: true, delays: true, accepts: () => 'yes' }

export function task(directives: Partial<TaskConfiguration> = {}): TaskConfiguration {
  return { after: [], andEvery: null, unless: [], withParams: {}, run: 'run', using: null, extras: {}, ...directives }
}

/** The error that failing instances keep. */
export const ERROR: ErrorRecord = { type: 'RuntimeError', message: 'It broke.', code: null, stack: null, context: {}, causes: [] }

/** A session with its archive, driven by one committed command after the other. */
export class CommittedSession {
  readonly state: SessionState = new SessionState()
  readonly archive: Map<string, JsonValue> = new Map()
  inputs: Inputs
  #ids = 0

  constructor(tasks: Readonly<Record<string, Partial<TaskConfiguration>>>, changes: Partial<Inputs> = {}) {
    const runners = { default: 'queue', get: (key: string) => (key === 'queue' ? QUEUE : undefined) }
    this.inputs = { now: 1_000, ids: () => `f${this.#ids++}`, owner: 'me', manager: 'default', unresolvedLogs: 40, runners, ...changes }
    this.configure(tasks)
  }

  configure(tasks: Readonly<Record<string, Partial<TaskConfiguration>>>, catchUp = false): Transition {
    return this.do({ type: 'configure', tasks: Object.entries(tasks).map(([name, directives]) => [name, task(directives)]), catchUp })
  }

  fire(trigger: string, kwargs: JsonObject = {}): Transition {
    return this.do({ type: 'fire', trigger, kwargs })
  }

  begin(instance: string): { readonly instance: string; readonly epoch: number } {
    const { round, attempt } = this.instance(instance)
    const { answer } = this.do({ type: 'begin', instance, round, attempt })
    return { instance, epoch: (answer as BeginAnswer).epoch }
  }

  finish(instance: string, result: JsonObject = {}): Transition {
    return this.do({ type: 'finish', execution: this.begin(instance), result, logLevel: 'NOTSET' })
  }

  fail(instance: string): Transition {
    return this.do({ type: 'fail', execution: this.begin(instance), error: ERROR, metadata: {}, logLevel: 'ERROR' })
  }

  set(instance: string, status: InstanceStatus): Transition {
    return this.do({ type: 'setStatus', instance, status, metadata: {}, cascade: false, cascadeKwargs: {} })
  }

  replay(instance: string, replacementKwargs: JsonObject | null = null): Transition {
    return this.do({ type: 'replay', instance, replacementKwargs })
  }

  requeue(instance: string, lost: boolean): Transition {
    const { epoch } = this.instance(instance)
    return this.do({ type: 'requeue', instance, epoch, lost, maxLosses: 3 })
  }
  do(command: Command): Transition {
    const loaded = { instances: new Map(this.#resolved()), records: this.archive }
    const done = transition(new Draft(this.state, loaded), command, this.inputs)
    const { archive } = toRecords(done.changes, this.state)
    for (const key of archive.remove) this.archive.delete(key)
    for (const [key, record] of [...archive.put, ...done.changes.receipts]) this.archive.set(key, record)
    this.state.apply(done.changes)
    return done
  }

  instance(name: string): Instance {
    return (this.state.instance(name) ?? new Map(this.#resolved()).get(name)) as Instance
  }

  #resolved(): readonly (readonly [string, Instance])[] {
    const records = [...this.archive].filter(([key]) => key.startsWith('i/')).map(([, record]) => decodeInstance(record))
    return records.map((instance) => [instance.name, instance])
  }

  statuses(name: string): readonly string[] {
    return Array.from({ length: this.state.counters(name).count }, (_, number) => this.instance(`${name}#${number}`).status)
  }
}
