import type { Random } from './random.js'

/** One life of a process, from its start to its crash: what belongs to it never happens after its end. */
export class Life {
  readonly name: string
  alive = true
  /** Until when nothing of it happens, by the virtual time. */
  frozenUntil = 0
  readonly #crashed: (why: string, length: number) => void

  /** @param crashed - told of the crash, and after how long a new life may begin */
  constructor(name: string, crashed: (why: string, length: number) => void) {
    this.name = name
    this.#crashed = crashed
  }

  crash(why: string, length: number): void {
    if (!this.alive) return
    this.alive = false
    this.#crashed(why, length)
  }
}

/** Something that will happen. */
export interface Pending {
  at: number
  readonly turn: number
  readonly count: number
  readonly life: Life | null
  readonly happen: () => void
  cancelled: boolean
}

/**
 * Owns every asynchronous step: one thing happens at a time, in virtual time, and whatever it sets off by promises has
 * happened before the next. What is due at the same millisecond comes in an order drawn from the seed.
 */
export class Scheduler {
  /** The virtual time, in milliseconds from 0. */
  now = 0
  /** How much has happened. */
  steps = 0
  readonly #random: Random
  readonly #heap: Pending[] = []
  #count = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Lets something happen after so many milliseconds, if the life that it belongs to goes on until then. */
  after(delay: number, life: Life | null, happen: () => void): Pending {
    const turn = this.#random.below(1 << 20)
    const pending: Pending = { at: this.now + Math.max(0, Math.ceil(delay)), turn, count: (this.#count += 1), life, happen, cancelled: false }
    this.#push(pending)
    return pending
  }

  /** How many things a life still waits for: none may be left when it has ended in order. */
  waitingFor(life: Life): number {
    return this.#heap.filter((pending) => pending.life === life && !pending.cancelled).length
  }

  /** Goes on until `done`, until the virtual time is over, or until nothing will happen any more. */
  run(until: number, done: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      // A turn of the event loop between two steps drains the microtasks to the last.
      const turn = (): void => {
        try {
          if (done() || !this.#step(until)) return resolve()
        } catch (error) {
          return reject(error)
        }
        setImmediate(turn)
      }
      setImmediate(turn)
    })
  }

  #step(until: number): boolean {
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.at > until) {
        this.now = Math.max(this.now, until)
        return false
      }
      this.#pop()
      if (next.cancelled || next.life?.alive === false) continue
      if (next.life !== null && next.life.frozenUntil > next.at) {
        next.at = next.life.frozenUntil
        this.#push(next)
        continue
      }
      this.now = next.at
      this.steps += 1
      next.happen()
      return true
    }
  }

  #push(pending: Pending): void {
    const heap = this.#heap
    let place = heap.length
    heap.push(pending)
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!isBefore(pending, heap[parent] as Pending)) break
      heap[place] = heap[parent] as Pending
      place = parent
    }
    heap[place] = pending
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Pending
    if (heap.length === 0) return
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Pending, heap[child] as Pending)) child += 1
      if (!isBefore(heap[child] as Pending, last)) break
      heap[place] = heap[child] as Pending
      place = child
    }
    heap[place] = last
  }
}

function isBefore(left: Pending, right: Pending): boolean {
  if (left.at !== right.at) return left.at < right.at
  return left.turn !== right.turn ? left.turn < right.turn : left.count < right.count
}
