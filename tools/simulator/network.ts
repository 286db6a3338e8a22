import { TriggerkitError } from '@triggerkit/contracts'

import type { FaultBook } from './fault-book.js'
import type { Label } from './faults.js'
import type { History } from './history.js'
import type { Random } from './random.js'
import type { Life, Scheduler } from './scheduler.js'

/** Which server a call goes to. */
export type Server = 'storage' | 'runner'

/** A call that leaves a process: what it is, and what its server does once it has arrived. */
export interface Call<TAnswer> {
  readonly life: Life
  readonly server: Server
  readonly label: Label
  readonly detail: string
  readonly serve: () => Promise<TAnswer>
}

/** Up to how long a lost message is noticed at all; beyond, the caller hears nothing ever. */
const NOTICED = 1_000

/** Whom a failure is told. */
interface Caller {
  readonly life: Life
  readonly reject: (error: unknown) => void
  heard: boolean
}

/** One call on its way. */
interface Journey<TAnswer> extends Call<TAnswer>, Caller {
  readonly resolve: (answer: TAnswer) => void
}

/** The way between processes and servers: every await that leaves a process passes it, and may be struck by a fault. */
export class Network {
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #faults: FaultBook
  readonly #history: History
  readonly #outages: Record<Server, number> = { storage: 0, runner: 0 }

  constructor(parts: { scheduler: Scheduler; random: Random; faults: FaultBook; history: History }) {
    this.#scheduler = parts.scheduler
    this.#random = parts.random
    this.#faults = parts.faults
    this.#history = parts.history
  }

  /** Nobody gets through to that server for so many milliseconds. */
  interrupt(server: Server, length: number): void {
    this.#outages[server] = this.#scheduler.now + length
  }

  restore(): void {
    this.#outages.storage = 0
    this.#outages.runner = 0
  }

  /** What the server answers, unless a fault is in the way. */
  call<TAnswer>(call: Call<TAnswer>): Promise<TAnswer> {
    const { life, label, detail } = call
    return new Promise((resolve, reject) => {
      if (!life.alive) return // what a crashed process still says, nobody hears
      const journey = { ...call, resolve, reject, heard: false }
      const fault = this.#faults.strike(label)
      this.#history.tell(life.name, fault === undefined ? `${label} ${detail}` : `${label} ${detail}  ✗ ${fault.kind} (${fault.length} ms)`)
      if (fault === undefined) this.#send(journey, this.latency())
      else this.#disturb(journey, fault.kind, fault.length)
    })
  }

  /** Milliseconds that a message takes: mostly few. */
  latency(): number {
    return this.#random.chance(0.9) ? this.#random.below(4) : this.#random.between(5, 60)
  }

  /** Something that a process does by itself for a while. */
  pause(life: Life, label: Label, length: number): Promise<void> {
    return new Promise((resolve) => {
      if (!life.alive) return
      const fault = this.#faults.strike(label)
      if (fault !== undefined) this.#history.tell(life.name, `${label}  ✗ ${fault.kind} (${fault.length} ms)`)
      if (fault?.kind === 'frozen') life.frozenUntil = this.#scheduler.now + fault.length
      const crashes = fault?.kind === 'crash before' || fault?.kind === 'crash after'
      if (crashes) this.#scheduler.after(fault.kind === 'crash before' ? 0 : length, life, () => life.crash(fault.kind, fault.length))
      const late = fault !== undefined && !crashes ? fault.length : 0
      this.#scheduler.after(length + late + 1, life, resolve)
    })
  }

  #disturb<TAnswer>(journey: Journey<TAnswer>, kind: string, length: number): void {
    const { life } = journey
    switch (kind) {
      case 'crash before':
        return life.crash(`crash before its ${journey.label} is sent`, length)
      case 'request lost':
        return this.#lose(journey, length)
      case 'request refused':
        return this.#refuse(journey)
      case 'request late':
        return this.#send(journey, length)
      case 'served twice':
        return this.#send({ ...journey, serve: () => this.#serveTwice(journey, length) }, this.latency())
      case 'frozen':
        life.frozenUntil = this.#scheduler.now + length
        return this.#send(journey, this.latency())
      default:
        return this.#send(journey, this.latency(), (answer) => this.#disturbReply(journey, answer, { kind, length }))
    }
  }

  #disturbReply<TAnswer>(journey: Journey<TAnswer>, answer: () => void, { kind, length }: { kind: string; length: number }): void {
    if (kind === 'crash after') journey.life.crash(`crash after its ${journey.label} was served`, length)
    else if (kind === 'reply late') this.#scheduler.after(length, journey.life, answer)
    else this.#lose(journey, length)
  }

  /** Serves now, and once more when the message comes a second time; nobody waits for that answer. */
  #serveTwice<TAnswer>({ serve }: Call<TAnswer>, length: number): Promise<TAnswer> {
    this.#scheduler.after(length, null, () => void serve().catch(() => undefined))
    return serve()
  }

  #lose(journey: Caller, length: number): void {
    if (length > NOTICED) return
    this.#scheduler.after(length, journey.life, () => this.#hear(journey, () => journey.reject(new Error('The connection broke.'))))
  }

  #refuse(journey: Caller): void {
    const error = new TriggerkitError('StorageUnavailable', 'There is no connection.')
    this.#scheduler.after(this.latency(), journey.life, () => this.#hear(journey, () => journey.reject(error)))
  }

  #send<TAnswer>(journey: Journey<TAnswer>, delay: number, reply?: (answer: () => void) => void): void {
    const replies = reply ?? ((answer) => void this.#scheduler.after(this.latency(), journey.life, answer))
    this.#scheduler.after(delay, null, () => {
      if (this.#outages[journey.server] > this.#scheduler.now) return this.#refuse(journey)
      journey.serve().then(
        (answer) => replies(() => this.#hear(journey, () => journey.resolve(answer))),
        (error: unknown) => replies(() => this.#hear(journey, () => journey.reject(error))),
      )
    })
  }

  #hear(journey: Caller, tell: () => void): void {
    if (journey.heard) return
    journey.heard = true
    tell()
  }
}
