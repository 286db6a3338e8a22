import type { RecordedChange } from '@triggerkit/engine'

import { Clients } from './clients.js'
import { FaultBook } from './fault-book.js'
import { History } from './history.js'
import { JobQueue } from './job-queue.js'
import { Ledger } from './ledger.js'
import { Network } from './network.js'
import { judge } from './oracle.js'
import type { Plan } from './plan.js'
import { Random } from './random.js'
import { Scheduler } from './scheduler.js'
import { SimulatedProcess } from './simulated-process.js'
import type { Application } from './simulated-process.js'
import { inFlightOf, StorageServer } from './storage-server.js'
import type { System } from './system.js'

/** How long everything may take to come to rest once faults have stopped, in virtual milliseconds. */
export const RECOVERY_LIMIT = 240_000
/** How long closing may take in order. */
const CLOSING_LIMIT = 60_000
/** How often it is looked whether everything has come to rest. */
const LOOK_EVERY = 500

export interface Violation {
  readonly invariant: string
  readonly message: string
}

/** What came of one run. */
export interface Outcome {
  readonly violations: readonly Violation[]
  /** The story, line by line. */
  readonly lines: readonly string[]
  readonly hash: string
  readonly steps: number
  readonly faults: ReadonlyMap<string, number>
  readonly commits: number
  readonly acknowledged: number
  readonly unknown: number
  readonly rejected: number
  /** Virtual milliseconds from the end of the faults until everything was at rest. */
  readonly recovery: number
}

/** Carries out one plan, to the same end each time. */
export async function simulate(plan: Plan, system: System): Promise<Outcome> {
  const traces = Error.stackTraceLimit
  Error.stackTraceLimit = 0 // where code lies is no part of a run, and is stored with errors
  const simulation = new Simulation(plan, system)
  const stray = (error: unknown): void => simulation.complain('S18', `nobody took care of ${String(error)}`)
  process.on('unhandledRejection', stray)
  try {
    return await simulation.run()
  } finally {
    process.off('unhandledRejection', stray)
    Error.stackTraceLimit = traces
  }
}

class Simulation {
  readonly #plan: Plan
  readonly #scheduler: Scheduler
  readonly #history: History
  readonly #faults: FaultBook
  readonly #network: Network
  readonly #storage: StorageServer
  readonly #queue: JobQueue
  readonly #processes: readonly SimulatedProcess[]
  readonly #clients: Clients
  readonly #ledger = new Ledger()
  readonly #recorded = new Map<string, RecordedChange>()
  readonly #runs = new Map<string, number>()
  readonly #violations: Violation[] = []

  constructor(plan: Plan, system: System) {
    const random = new Random(plan.seed, 'latencies')
    this.#plan = plan
    const scheduler = (this.#scheduler = new Scheduler(new Random(plan.seed, 'order')))
    const history = (this.#history = new History(() => scheduler.now))
    const faults = (this.#faults = new FaultBook(plan.faults))
    this.#network = new Network({ scheduler, random, faults, history })
    this.#storage = new StorageServer(system, scheduler, this.complain)
    this.#queue = new JobQueue({ scheduler, random, faults, history, now: this.#storage.now }, plan.queue)
    const around = {
      plan, system, scheduler, history, network: this.#network, storage: this.#storage, queue: this.#queue,
      record: (change: RecordedChange): void => void this.#recorded.set(change.commitId, change),
      ran: (uid: string, instance: string): void => this.#ran(uid, instance),
      left: (application: Application): void => this.#checkLeft(application),
      crashed: (life: Parameters<Clients['bereave']>[0]): void => this.#clients.bereave(life),
    }
    this.#processes = plan.processes.map((planned, index) => new SimulatedProcess(`p${index}`, planned, around))
    const clients = { plan, scheduler, random: new Random(plan.seed, 'clients'), history, ledger: this.#ledger, processes: this.#processes }
    this.#clients = new Clients({ ...clients, complain: this.complain })
  }

  readonly complain = (invariant: string, message: string): void => {
    this.#history.tell('oracle', `VIOLATION ${invariant}: ${message}`)
    this.#violations.push({ invariant, message })
  }

  async run(): Promise<Outcome> {
    for (const process of this.#processes) process.begin()
    this.#planTimedFaults()
    this.#clients.begin()
    await this.#scheduler.run(this.#plan.until, () => false)
    const recovery = await this.#recover()
    await this.#close()
    await judge({ plan: this.#plan, storage: this.#storage, recorded: this.#recorded, ledger: this.#ledger, runs: this.#runs, complain: this.complain })
    return this.#outcome(recovery)
  }

  #ran(uid: string, instance: string): void {
    const key = `${uid} ${instance}`
    this.#runs.set(key, (this.#runs.get(key) ?? 0) + 1)
  }

  #planTimedFaults(): void {
    for (const fault of this.#faults.timed) {
      this.#scheduler.after(fault.at, null, () => {
        if (this.#faults.ended) return
        const process = 'process' in fault ? this.#processes[fault.process] : undefined
        if (process !== undefined && process.application === null) return
        this.#faults.note(fault.kind)
        this.#history.tell(process?.name ?? 'world', `✗ ${fault.kind} (${fault.length} ms)`)
        this.#strike(fault.kind, process, fault.length)
      })
    }
  }

  #strike(kind: FaultBook['timed'][number]['kind'], process: SimulatedProcess | undefined, length: number): void {
    const application = process?.application ?? null
    switch (kind) {
      case 'crash':
        return application?.life.crash('out of the blue', length)
      case 'frozen':
        if (application !== null) application.life.frozenUntil = this.#scheduler.now + length
        return
      case 'clock jumps':
        return application?.clock.jump(length)
      case 'closed':
        return process?.stop(length % 2 === 0, length)
      case 'storage unavailable':
        return this.#network.interrupt('storage', length)
      case 'runner unavailable':
        return this.#network.interrupt('runner', length)
      case 'storage clock jumps':
        return this.#storage.jump(length)
    }
  }

  /** Stops all faults and waits until nothing is left to do. @returns after how long that was */
  async #recover(): Promise<number> {
    const { now } = this.#scheduler
    this.#faults.end()
    this.#network.restore()
    for (const process of this.#processes) {
      process.begin()
      if (process.application !== null) process.application.life.frozenUntil = 0
    }
    this.#history.tell('world', 'faults are over')
    let rest = false
    const look = (): void => {
      void this.#underWay().then(({ length }) => {
        rest = length === 0
        if (!rest) this.#scheduler.after(LOOK_EVERY, null, look)
      })
    }
    look()
    await this.#scheduler.run(now + RECOVERY_LIMIT, () => rest)
    if (!rest) this.complain('S10', `not at rest ${RECOVERY_LIMIT} ms after the last fault: ${(await this.#underWay()).join('; ')}`)
    return this.#scheduler.now - now
  }

  /** What is still to come to an end. */
  async #underWay(): Promise<readonly string[]> {
    const found: string[] = []
    const { uids } = await this.#storage.inner.sessions({ limit: 100 })
    for (const uid of uids) {
      const { session } = await this.#storage.inner.load(uid)
      if (session !== null) for (const name of inFlightOf(session)) found.push(`${uid} ${name}`)
    }
    if (!this.#clients.silent) found.push('a client waits for an answer')
    if (this.#queue.size > 0) found.push(`${this.#queue.size} jobs in the queue`)
    return [...found, ...(await this.#notUp()).map((name) => `${name} is not up, or executes without a lease`)]
  }

  /** Closes every process in order, and looks at what it leaves behind. */
  async #close(): Promise<void> {
    const applications = this.#processes.flatMap(({ application }) => application ?? [])
    let open = applications.length
    for (const application of applications) {
      application.stopping = true
      const { life, triggers, storage } = application
      if (storage.watchers > 0) this.complain('S11', `${life.name} left ${storage.watchers} watchers behind`)
      triggers.close().then(() => (open -= 1), (error: unknown) => this.complain('S11', `${life.name} could not close: ${String(error)}`))
    }
    await this.#scheduler.run(this.#scheduler.now + CLOSING_LIMIT, () => open === 0)
    if (open > 0) this.complain('S11', `${open} processes did not close within ${CLOSING_LIMIT} ms`)
    for (const application of applications) this.#checkLeft(application)
  }

  #checkLeft({ life, clock, storage }: Application): void {
    if (clock.timers > 0) this.complain('S11', `${life.name} left ${clock.timers} timers behind`)
    if (!storage.closed) this.complain('S11', `${life.name} did not close its storage`)
  }

  /** The processes that have not come up yet, or execute and hold no lease. */
  async #notUp(): Promise<readonly string[]> {
    const { owners } = await this.#storage.inner.owners()
    const holds = (life: string): boolean => [...owners.keys()].some((owner) => owner.startsWith(`${life.replace('.', 'l')}x`))
    const notUp = this.#processes.filter(({ application, executes }) => application?.up !== true || (executes && !holds(application.life.name)))
    return notUp.map(({ name }) => name)
  }

  #outcome(recovery: number): Outcome {
    const stored = this.#storage.applied.map(({ uid, change }) => `${uid} ${change?.expect.number} ${change?.commitId}`).join('\n')
    return {
      violations: this.#violations,
      lines: this.#history.lines,
      hash: this.#history.hash(stored),
      steps: this.#scheduler.steps,
      faults: this.#faults.struck,
      commits: this.#storage.applied.length,
      acknowledged: this.#ledger.count('acknowledged'),
      unknown: this.#ledger.count('unknown'),
      rejected: this.#ledger.count('rejected'),
      recovery,
    }
  }
}
