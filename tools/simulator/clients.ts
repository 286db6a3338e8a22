import { isTriggerkitError } from '@triggerkit/contracts'
import type { FireAnswer, TriggerManager, Triggers } from '@triggerkit/engine'

import type { History } from './history.js'
import type { Attempt, Entry, Ledger } from './ledger.js'
import type { Plan, Step } from './plan.js'
import type { Random } from './random.js'
import type { Life, Scheduler } from './scheduler.js'
import type { Application, SimulatedProcess } from './simulated-process.js'
import type { Complain } from './storage-server.js'

/** How often a client tries one thing. */
const MAX_ATTEMPTS = 6

interface Parts {
  readonly plan: Plan
  readonly scheduler: Scheduler
  readonly random: Random
  readonly history: History
  readonly ledger: Ledger
  readonly processes: readonly SimulatedProcess[]
  readonly complain: Complain
}

/** The clients: they utter what the plan wishes, by whichever process lives, and repeat what got no answer. */
export class Clients {
  readonly #parts: Parts
  /** The attempts under way, by the life that they depend on. */
  readonly #open = new Map<Attempt, Life>()
  #pending = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Whether all has been uttered, and nobody waits for an answer. */
  get silent(): boolean {
    return this.#pending === 0 && this.#open.size === 0
  }

  begin(): void {
    const { plan, scheduler, ledger } = this.#parts
    for (const step of plan.steps) {
      this.#pending += 1
      scheduler.after(step.at, null, () => this.#utter(ledger.open(step)))
    }
  }

  /** Nobody will answer those who waited for that life. */
  bereave(life: Life): void {
    for (const [attempt, on] of [...this.#open]) if (on === life) attempt.outcome = 'unknown'
    const lost = this.#parts.ledger.entries.filter(({ attempts }) => attempts.some((attempt) => this.#open.get(attempt) === life))
    for (const [attempt, on] of [...this.#open]) if (on === life) this.#open.delete(attempt)
    for (const entry of lost) this.#repeat(entry)
  }

  #utter(entry: Entry): void {
    this.#pending -= 1
    const application = this.#living(entry.step.process + entry.attempts.length)
    if (application === null) return this.#later(entry, 300)
    void this.#attempt(entry, application)
    const { impatience } = entry.step
    if (impatience !== null && entry.id !== undefined && entry.attempts.length === 1) this.#later(entry, impatience)
  }

  #later(entry: Entry, delay: number): void {
    this.#pending += 1
    this.#parts.scheduler.after(delay, null, () => this.#utter(entry))
  }

  #repeat(entry: Entry): void {
    if (entry.id === undefined || entry.attempts.length >= MAX_ATTEMPTS) return
    this.#later(entry, this.#parts.random.between(50, 3_000))
  }

  #living(first: number): Application | null {
    const { processes, scheduler } = this.#parts
    for (let place = 0; place < processes.length; place += 1) {
      const application = (processes[(first + place) % processes.length] as SimulatedProcess).application
      if (application !== null && application.life.frozenUntil <= scheduler.now) return application
    }
    return null
  }

  async #attempt(entry: Entry, { life, triggers }: Application): Promise<void> {
    const { history } = this.#parts
    const attempt: Attempt = { by: life.name, outcome: 'open', code: '', firings: [] }
    entry.attempts.push(attempt)
    this.#open.set(attempt, life)
    history.tell(life.name, `client: ${told(entry)}`)
    const error = await this.#carryOut(entry, attempt, triggers)
    if (!this.#open.delete(attempt)) return
    attempt.outcome = outcomeOf(error)
    attempt.code = isTriggerkitError(error) ? error.code : String(error ?? '')
    history.tell(life.name, `client: ${entry.marker} ${attempt.outcome} ${attempt.code}`)
    if (attempt.outcome === 'unknown' || isTriggerkitError(error, 'StorageUnavailable') || isTriggerkitError(error, 'Closed')) this.#repeat(entry)
  }

  /** @returns what it rejected with */
  async #carryOut(entry: Entry, attempt: Attempt, triggers: Triggers): Promise<unknown> {
    const { uid, wish } = entry.step
    try {
      if (wish.type === 'watch') return await this.#watch(triggers, uid, wish.length)
      if (wish.type === 'delete') return void (await triggers.delete(uid))
      const manager = triggers.manager(uid) as TriggerManager
      if ('turn' in entry.step.wish) entry.instance ??= await this.#choose(entry.step, manager)
      attempt.firings = await uttered(entry, manager)
      return undefined
    } catch (error) {
      return error ?? 'nothing'
    }
  }

  /** Follows a session until nothing is in flight, or for so long. @returns what it rejected with */
  async #watch(triggers: Triggers, uid: string, timeout: number): Promise<unknown> {
    const session = triggers.session(uid)
    let seen = 0
    const deleted = this.#parts.plan.steps.some(({ wish }) => wish.type === 'delete')
    const unsubscribe = session.subscribe(() => {
      const { version } = session.getSnapshot()
      if (version < seen && !deleted) this.#parts.complain('S19', `${uid}: version ${version} was shown after version ${seen}`)
      seen = version
    })
    try {
      return await triggers.settled(uid, { timeout })
    } catch (error) {
      return error
    } finally {
      unsubscribe()
    }
  }

  /** An instance that the wish may be about: one that a client sees at that time. */
  async #choose({ wish, uid }: Step, manager: TriggerManager): Promise<string> {
    if (!('turn' in wish)) return ''
    const failed = wish.type === 'replay' || wish.type === 'skip'
    const seen = await manager.unresolvedInstances({ limit: 20 })
    const fitting = seen.filter(({ status }) => !failed || status === 'failed')
    this.#parts.history.tell('client', `sees ${seen.map(({ name, status }) => `${name} ${status}`).join(', ') || 'nothing'} in ${uid}`)
    return fitting[wish.turn % Math.max(1, fitting.length)]?.name ?? `${wish.task}#${wish.turn % 3}`
  }
}

function outcomeOf(error: unknown): 'acknowledged' | 'unknown' | 'rejected' {
  if (error === undefined) return 'acknowledged'
  // What is rejected although it is done counts like what is acknowledged.
  if (isTriggerkitError(error, 'SchedulingRefused')) return error.details['committed'] === true ? 'acknowledged' : 'rejected'
  return isTriggerkitError(error, 'OutcomeUnknown') ? 'unknown' : 'rejected'
}

function told({ marker, id, instance, step: { wish, uid } }: Entry): string {
  const { type, ...rest } = wish
  const about = type === 'configure' ? Object.keys(wish.configuration).join(' ') : Object.values(rest).join(' ')
  return `${marker} wishes to ${type} ${instance ?? about} in ${uid}${id === undefined ? ', without an id' : ''}`
}

/** Utters a wish to a manager; answers with the ids of the firings that came of it. */
async function uttered({ step: { wish }, marker, id, instance = '' }: Entry, manager: TriggerManager): Promise<readonly string[]> {
  const commandId = id === undefined ? {} : { commandId: id }
  switch (wish.type) {
    case 'fire':
      return [(await manager.fire(wish.trigger, { marker }, id === undefined ? {} : { id })).firing]
    case 'fire together':
      return manager.transaction((draft) =>
        wish.triggers.map((trigger, place): FireAnswer['firing'] => draft.fire(trigger, { marker: `${marker}-${place}` }, id === undefined ? {} : { id: `${id}-${place}` }).firing),
      )
    case 'configure':
      await manager.updateConfiguration(wish.configuration, { ...commandId, catchUp: wish.catchUp })
      return []
    case 'replay':
      await manager.replayFailedInstance(instance, null, commandId)
      return []
    case 'skip':
      await manager.skipFailedInstance(instance, { ...commandId, cascade: true })
      return []
    case 'cancel':
      await manager.cancelInstance(instance, commandId)
      return []
    case 'clone':
      await manager.cloneInstance(instance, commandId)
      return []
    case 'mark logs':
      await manager.markInstanceLogsResolved(instance, commandId)
      return []
    case 'set status':
      await manager.updateInstanceStatus(instance, wish.status, { ...commandId, cascade: wish.cascade, metadata: { marker }, cascadeKwargs: { cascadeOf: marker } })
      return []
    case 'watch':
    case 'delete':
      return []
    case 'create':
      await manager.createInstance(wish.task, { metadata: { marker } }, commandId)
      return []
  }
}
