import type { Fault, Label } from './faults.js'

type CallStroke = Extract<Fault, { label: Label }>

/** The faults of a plan by what they strike, and which of them did. */
export class FaultBook {
  /** How many faults of each kind struck. */
  readonly struck: Map<string, number> = new Map()
  readonly timed: readonly Exclude<Fault, { nth: number }>[]
  readonly #calls = new Map<string, CallStroke>()
  readonly #deliveries = new Map<number, number>()
  readonly #counts = new Map<string, number>()
  #ended = false

  constructor(faults: readonly Fault[]) {
    this.timed = faults.filter((fault): fault is Exclude<Fault, { nth: number }> => !('nth' in fault))
    for (const fault of faults) {
      if ('label' in fault) this.#calls.set(`${fault.label} ${fault.nth}`, fault)
      else if ('nth' in fault) this.#deliveries.set(fault.nth, fault.length)
    }
  }

  /** Whether faults are over, so that everything must recover. */
  get ended(): boolean {
    return this.#ended
  }

  end(): void {
    this.#ended = true
  }

  /** The fault that strikes this call, if any. */
  strike(label: Label): CallStroke | undefined {
    const fault = this.#calls.get(`${label} ${this.#next(label)}`)
    if (fault === undefined || this.#ended) return undefined
    this.note(fault.kind)
    return fault
  }

  /** After how long this delivery of a job is repeated, if it is. */
  deliveredTwice(): number | undefined {
    const length = this.#deliveries.get(this.#next('delivery'))
    if (length === undefined || this.#ended) return undefined
    this.note('delivered twice')
    return length
  }

  note(kind: string): void {
    this.struck.set(kind, (this.struck.get(kind) ?? 0) + 1)
  }

  #next(what: string): number {
    const count = (this.#counts.get(what) ?? 0) + 1
    this.#counts.set(what, count)
    return count
  }
}
