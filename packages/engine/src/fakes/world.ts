import type { Clock, Runner, Storage, Timer } from '@triggerkit/contracts'
import { createTriggers } from '../triggers.js'
import type { Triggers } from '../triggers.js'
import type { TriggersOptions } from '../options.js'
import { FakeClock } from './fake-clock.js'
import { FaultyStorage } from './faulty-storage.js'
import { RecordingLogger } from './recording-logger.js'

/** What a world is made of; it opens one storage for each process, over the same data. */
export interface WorldParts {
  readonly open: (now: () => number) => Storage
  readonly runner: () => Runner
}

/** A process of the world: an application with a line to the storage of its own. */
export interface WorldProcess {
  readonly triggers: Triggers
  readonly storage: FaultyStorage
  readonly logger: RecordingLogger
  readonly clock: ProcessClock
  /** Ends the process as a crash would: nothing of it is heard any more. */
  kill(): void
}

/** The world's time as one process sees it: its timers end with it, and can be counted. */
export class ProcessClock implements Clock {
  readonly #world: FakeClock
  readonly #timers = new Map<Timer, true>()
  #dead = false

  constructor(world: FakeClock) {
    this.#world = world
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size
  }

  monotonic(): number {
    return this.#world.monotonic()
  }

  setTimer(callback: () => void, delay: number): Timer {
    if (this.#dead) return null
    const timer = this.#world.setTimer(() => {
      this.#timers.delete(timer)
      callback()
    }, delay)
    this.#timers.set(timer, true)
    return timer
  }

  clearTimer(timer: Timer): void {
    this.#timers.delete(timer)
    this.#world.clearTimer(timer)
  }

  kill(): void {
    this.#dead = true
    for (const timer of this.#timers.keys()) this.clearTimer(timer)
  }
}

/** Several processes over one storage, in a time that passes only when a test says so. */
export class World {
  readonly clock: FakeClock = new FakeClock()
  /** By how much the storage's clock was put forward; negative: back. */
  skew = 0
  readonly #parts: WorldParts
  #ids = 0

  constructor(parts: WorldParts) {
    this.#parts = parts
  }

  /** The storage's time. */
  now(): number {
    return 1_700_000_000_000 + this.clock.monotonic() + this.skew
  }

  process(options: Partial<TriggersOptions> = {}): WorldProcess {
    const storage = new FaultyStorage(this.#parts.open(() => this.now()))
    const clock = new ProcessClock(this.clock)
    const logger = new RecordingLogger()
    const ids = { random: () => `r${(this.#ids += 1)}` }
    const runners = options.runners ?? { inline: this.#parts.runner() }
    const triggers = createTriggers({ storage, clock, logger, ids, ...options, runners })
    const kill = (): void => {
      storage.always = 'hangs'
      clock.kill()
    }
    return { triggers, storage, logger, clock, kill }
  }

  async started(options: Partial<TriggersOptions> = {}): Promise<WorldProcess> {
    const process = this.process(options)
    await process.triggers.start()
    return process
  }

  /** Lets time pass, in small steps, with everything that it sets off. */
  async advance(length: number): Promise<void> {
    for (let left = length; left > 0; left -= STEP) {
      await this.clock.advance(Math.min(left, STEP))
      if (left % (4 * STEP) < STEP) await turn()
    }
    await this.settle()
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 5; turns += 1) {
      await this.clock.advance(0)
      await turn()
    }
  }
}

const STEP = 250

/** Lets the platform's event loop turn once. */
function turn(): Promise<void> {
  // eslint-disable-next-line no-restricted-globals -- measures no time
  return new Promise((resolve) => setTimeout(resolve, 0))
}
