import type { Logger } from '@triggerkit/contracts'
import type { RecordedChange, Triggers } from '@triggerkit/engine'

import type { JobQueue } from './job-queue.js'
import type { History } from './history.js'
import type { Network } from './network.js'
import type { Plan, PlannedProcess } from './plan.js'
import { ProcessClock } from './process-clock.js'
import { InProcessRunner, QueueRunner } from './runners.js'
import { Life } from './scheduler.js'
import type { Scheduler } from './scheduler.js'
import { SimulatedStorage } from './simulated-storage.js'
import type { StorageServer } from './storage-server.js'
import type { System } from './system.js'
import { tasksFor } from './tasks.js'

/** What all processes share. */
export interface Surroundings {
  readonly plan: Plan
  readonly system: System
  readonly scheduler: Scheduler
  readonly history: History
  readonly network: Network
  readonly storage: StorageServer
  readonly queue: JobQueue
  /** Told of every change before it is presented. */
  readonly record: (change: RecordedChange) => void
  readonly ran: (uid: string, instance: string) => void
  /** Told when a life has ended in a crash. */
  readonly crashed: (life: Life) => void
  /** Told when a life has ended in order: it must have left nothing behind. */
  readonly left: (application: Application) => void
}

/** One life's parts. */
export interface Application {
  readonly life: Life
  readonly triggers: Triggers
  readonly clock: ProcessClock
  readonly storage: SimulatedStorage
  /** Whether it has come up: one that executes has started. */
  up: boolean
  stopping: boolean
  /** The timer by which a start that failed is tried again. */
  retry: unknown
}

/** A process: lives one life after another, each with nothing of the one before. */
export class SimulatedProcess {
  readonly name: string
  readonly executes: boolean
  readonly #rate: number
  readonly #knowsInline: boolean
  readonly #around: Surroundings
  #application: Application | null = null
  #lives = 0

  constructor(name: string, { executes, rate, knowsInline }: PlannedProcess, around: Surroundings) {
    this.name = name
    this.executes = executes
    this.#rate = rate
    this.#knowsInline = knowsInline
    this.#around = around
  }

  /** The present life's application; `null` while the process is down. */
  get application(): Application | null {
    return this.#application?.life.alive === true ? this.#application : null
  }

  /** Begins a life, unless one goes on. */
  begin(): void {
    if (this.application !== null) return
    this.#lives += 1
    const { history, scheduler } = this.#around
    const life = new Life(`${this.name}.${this.#lives}`, (why, length) => {
      history.tell(life.name, `CRASHES: ${why}; back in ${length} ms`)
      this.#around.crashed(life)
      scheduler.after(length, null, () => this.begin())
    })
    this.#application = this.#applicationOf(life)
    history.tell(life.name, this.executes ? 'begins, and executes' : 'begins, and only fires')
    if (this.executes) this.#start(this.#application)
  }

  /** Ends the present life in order, and begins another one after so many milliseconds. */
  stop(drain: boolean, length: number): void {
    const { history, scheduler, left } = this.#around
    const { application } = this
    if (application === null || application.stopping || application.life.frozenUntil > scheduler.now) return
    const { life, triggers } = application
    application.up = false
    application.stopping = true
    application.clock.clearTimer(application.retry)
    history.tell(life.name, drain ? 'is closed, and drains' : 'is closed without draining')
    void triggers.close({ drain }).then(() => {
      if (!life.alive) return
      left(application)
      life.alive = false
      history.tell(life.name, `has closed; back in ${length} ms`)
      scheduler.after(length, null, () => this.begin())
    })
  }

  /** What an executing process does until it has started: a storage out of reach is tried again. */
  #start(application: Application): void {
    const { life, triggers, clock } = application
    triggers.start().then(
      () => {
        application.up = !application.stopping
        this.#around.history.tell(life.name, 'has started')
      },
      () => {
        if (!application.stopping) application.retry = clock.setTimer(() => this.#start(application), 500)
      },
    )
  }

  #applicationOf(life: Life): Application {
    const { plan, system, scheduler, network, storage: server, queue, record, ran } = this.#around
    const clock = new ProcessClock(scheduler, life, this.#rate)
    const storage = new SimulatedStorage(server, network, life, plan)
    const runners = {
      queue: new QueueRunner(queue, network, life, plan.queue.delays),
      ...(this.#knowsInline && { inline: new InProcessRunner(system.inlineRunner({ key: 'inline', concurrency: 3 }), network, life) }),
    }
    const triggers = system.createTriggers({
      storage,
      runners,
      runner: plan.runner,
      managers: { finalizing: system.FinalizingTriggerManager },
      manager: plan.manager,
      tasks: tasksFor(system, life, network, ran),
      ...(plan.configuration !== undefined && { configuration: plan.configuration }),
      ...plan.settings,
      logger: this.#logger(life),
      clock,
      ids: idsOf(life),
      recorder: { record: (change) => life.alive && record(change) },
    })
    return { life, triggers, clock, storage, up: !this.executes, stopping: false, retry: undefined }
  }

  #logger(life: Life): Logger {
    const tell = (level: string) => (message: string, meta: unknown): void => {
      if (life.alive) this.#around.history.tell(life.name, `${level}: ${message} ${JSON.stringify(meta ?? {})}`)
    }
    return { debug: () => undefined, info: () => undefined, warn: tell('warns'), error: tell('reports') }
  }
}

/** Names that no other life makes, and that the seed repeats. */
function idsOf({ name }: Life): { random: () => string } {
  let count = 0
  return { random: () => `${name.replace('.', 'l')}x${(count += 1)}` }
}
