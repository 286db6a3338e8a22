import { setTimeout as elapse } from 'node:timers/promises'

import { isTriggerkitError } from '@triggerkit/contracts'
import type { TriggerManager, Triggers } from '@triggerkit/engine'

import { configurationOf } from './workload.js'
import type { PlannedFiring, SessionPlan } from './workload.js'

/** What a client was told of a firing. */
export interface Told {
  readonly firing: PlannedFiring
  /** Whether any of its attempts was answered. */
  acknowledged: boolean
  /** When it was first uttered, first rejected and first answered, in milliseconds since 1970. */
  readonly since: number
  rejectedAt: number | null
  answeredAt: number
}

/** How a firing is uttered to a session's manager. */
export type Fire = (manager: TriggerManager, firing: PlannedFiring) => Promise<unknown>

/** As it should be: under its id, by which it counts once. */
export const fireNamed: Fire = (manager, { trigger, id }) => manager.fire(trigger, { marker: id }, { id })

/** How long a client goes on repeating what gets no answer. */
const PATIENCE = 90_000
const PAUSE = 100
/** Answers after which a firing is repeated; any other is a fault of the run itself. */
const REPEATED = ['OutcomeUnknown', 'StorageUnavailable'] as const

/** Fills in questionnaires by several processes of an application; repeats under the same id what was not answered. */
export class Client {
  readonly #applications: readonly Triggers[]
  /** Told of every answer. */
  readonly #onAnswer: () => void

  constructor(applications: readonly Triggers[], onAnswer: () => void = () => undefined) {
    this.#applications = applications
    this.#onAnswer = onAnswer
  }

  /** Configures a session and fires what its plan says. Resolves when every attempt has come to its end. */
  async fillIn(plan: SessionPlan, fire: Fire): Promise<readonly Told[]> {
    await this.#persistently((attempt) => this.#at(attempt, plan).updateConfiguration(configurationOf(plan), { commandId: 'configured' }))
    return Promise.all(plan.firings.map((firing) => this.#utter(plan, firing, fire)))
  }

  async #utter({ uid }: SessionPlan, firing: PlannedFiring, fire: Fire): Promise<Told> {
    const { pause, process, impatience } = firing
    await elapse(pause)
    const told: Told = { firing, acknowledged: false, since: Date.now(), rejectedAt: null, answeredAt: 0 }
    const utter = (first: number) => this.#persistently((attempt) => fire(this.#at(first + attempt, { uid }), firing), told)
    const answered = utter(process).finally(() => this.#answered(told))
    const second = impatience === null ? null : Promise.race([answered, elapse(impatience)]).then(() => (told.answeredAt === 0 ? utter(process + 1) : undefined))
    await Promise.all([answered, second])
    return told
  }

  #answered(told: Told): void {
    told.answeredAt = Date.now()
    this.#onAnswer()
  }

  async #persistently(command: (attempt: number) => Promise<unknown>, told?: Told): Promise<void> {
    const end = Date.now() + PATIENCE
    for (let attempt = 0; ; attempt += 1) {
      try {
        await command(attempt)
        if (told !== undefined) told.acknowledged = true
        return
      } catch (error) {
        if (!REPEATED.some((code) => isTriggerkitError(error, code))) throw error
        if (told !== undefined) told.rejectedAt ??= Date.now()
        if (Date.now() > end) return
        await elapse(PAUSE)
      }
    }
  }

  #at(place: number, { uid }: Pick<SessionPlan, 'uid'>): TriggerManager {
    return (this.#applications[place % this.#applications.length] as Triggers).manager(uid) as TriggerManager
  }
}
