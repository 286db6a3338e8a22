import type { JsonObject, JsonValue, TaskConfigurations } from '@triggerkit/contracts'
import { decodeInstance, Draft, SessionState, toRecords, transition } from '@triggerkit/core'
import type { BeginAnswer, Command, Inputs, Instance } from '@triggerkit/core'

/** What a task that feeds itself is allowed; beyond, its session counts as endless. */
const MAX_EXECUTIONS = 24

/** A firing as it was recorded, in order. */
export interface RecordedFiring {
  readonly id: string
  readonly trigger: string
}

/** A session of the real core, without storage and runner: its tasks are deterministic, and run when they are told to. */
export class SmallSession {
  readonly state: SessionState = new SessionState()
  readonly firings: RecordedFiring[] = []
  /** How many firings had been recorded when an instance was created, the one that created it included. */
  readonly createdAt: Map<string, number> = new Map()
  readonly resolved: Map<string, Instance> = new Map()
  endless = false
  readonly #payloads = new Map<string, JsonValue>()
  #ids = 0
  #executions = 0

  readonly #inputs: Inputs = {
    now: 1_000,
    ids: () => `f${(this.#ids += 1)}`,
    owner: 'p',
    runners: { default: 'queue', get: () => ({ durable: true, delays: true, accepts: () => 'yes' }) },
    manager: 'default',
    unresolvedLogs: 40,
  }

  configure(tasks: TaskConfigurations): void {
    this.#do({ type: 'configure', tasks, catchUp: true })
  }

  fire(trigger: string, kwargs: JsonObject): void {
    this.#do({ type: 'fire', trigger, kwargs })
  }

  /** Runs what is scheduled, and what that schedules in turn. */
  drain(): void {
    for (let next = this.#scheduled(); next !== undefined; next = this.#scheduled()) {
      if ((this.#executions += 1) > MAX_EXECUTIONS) {
        this.endless = true
        return
      }
      const { name, round, attempt } = next
      const { epoch } = this.#do({ type: 'begin', instance: name, round, attempt }) as BeginAnswer
      this.#do({ type: 'finish', execution: { instance: name, epoch }, result: { by: next.task, got: this.#kwargsOf(next) }, logLevel: 'NOTSET' })
    }
  }

  /** All instances of a task, in order of creation. */
  instances(task: string): readonly Instance[] {
    const all = [...this.state.unresolved(task), ...[...this.resolved.values()].filter((instance) => instance.task === task)]
    return all.sort((left, right) => left.number - right.number)
  }

  /** The end state, times, ids and order of creation left out. */
  outcome(): string {
    const tasks = this.state.tasks().map(({ name }) => {
      const instances = this.instances(name).map((instance) => JSON.stringify([instance.status, this.#kwargsOf(instance), instance.abandonState.toSorted(), instance.result && this.#payload(instance.result)]))
      return [name, instances.sort()]
    })
    const latest = [...this.state.firedTriggers()].sort().map((trigger) => [trigger, this.#payload(`f/${this.state.latestFiring(trigger)}`)])
    return JSON.stringify([tasks, latest])
  }

  #scheduled(): Instance | undefined {
    return this.state.inFlight().find(({ status }) => status === 'scheduled')
  }

  #kwargsOf({ firings }: Instance): JsonObject {
    const sorted = [...firings].sort(([left], [right]) => (left < right ? -1 : 1))
    return Object.fromEntries(sorted.map(([trigger, id]) => [trigger, this.#payload(`f/${id}`)]))
  }

  #payload(key: string): JsonValue {
    return (this.#payloads.get(key) as { payload: JsonValue } | undefined)?.payload ?? null
  }

  #do(command: Command): unknown {
    const { changes, events, answer } = transition(new Draft(this.state), command, this.#inputs)
    for (const [key, record] of changes.archive) if (record !== null) this.#payloads.set(key, record)
    for (const event of events) if (event.type === 'fired') this.firings.push({ id: event.firing, trigger: event.trigger })
    for (const event of events) if (event.type === 'instanceCreated') this.createdAt.set(event.instance, this.firings.length)
    const { archive } = toRecords(changes, this.state)
    for (const [key, record] of archive.put) if (key.startsWith('i/')) this.resolved.set((record as { name: string }).name, decodeInstance(record))
    this.state.apply(changes)
    return answer
  }
}
