import { milliseconds, TriggerkitError } from '@triggerkit/contracts'
import type { Duration } from '@triggerkit/contracts'
import { systemClock } from '@triggerkit/engine'
import { pause } from './event-loop.js'
import type { InProcessRunner } from './in-process-runner.js'
import type { VirtualClock } from './virtual-clock.js'

/** How long a storage that keeps its own time is left alone until it is looked at again, in milliseconds. */
const LOOK_AGAIN = 2

/** Waiting that lets time pass where that is needed, and comes to an end. */
export class Patience {
  readonly #clock: VirtualClock | null
  readonly #runner: InProcessRunner
  readonly #timeout: number
  readonly #deadline: number

  /** @throws `InvalidArgument` for anything but a duration */
  constructor(clock: VirtualClock | null, runner: InProcessRunner, timeout: Duration) {
    this.#clock = clock
    this.#runner = runner
    this.#timeout = milliseconds(timeout, 'timeout')
    this.#deadline = systemClock.monotonic() + this.#timeout
  }

  /** What becomes of a promise, however much virtual time that takes. @throws `SettleTimeout` */
  async until<TValue>(promise: Promise<TValue>): Promise<TValue> {
    let over = false
    const end = (): void => {
      over = true
    }
    promise.then(end, end)
    for (;;) {
      await this.#clock?.settle()
      if (over) return promise
      this.#checkTime([])
      await (this.#clock?.step() ?? pause(LOOK_AGAIN))
    }
  }

  /** Rises with every run that begins or ends. */
  get progress(): number {
    return this.#clock?.progress ?? 0
  }

  /** Lets time pass until something may have happened. @param underWay - what is waited for @throws `SettleTimeout` */
  async pass(underWay: readonly string[]): Promise<void> {
    if (this.#runner.exhausted) throw endless(this.#runner)
    this.#checkTime(underWay)
    await (this.#clock?.leap() ?? pause(LOOK_AGAIN))
  }

  #checkTime(underWay: readonly string[]): void {
    if (systemClock.monotonic() > this.#deadline) throw tooLong(this.#timeout, this.#runner, underWay)
  }
}

function endless({ maxRuns, latest }: InProcessRunner): TriggerkitError {
  const message = `Tasks ran ${maxRuns} times without coming to an end, most recently ${latest.join(', ')}. Do they fire each other, or retry for ever? If that many are intended, give createTestbed a higher maxRuns.`
  return new TriggerkitError('SettleTimeout', message, { details: { underWay: [...latest] } })
}

function tooLong(timeout: number, { running }: InProcessRunner, underWay: readonly string[]): TriggerkitError {
  const why =
    running.length > 0
      ? `${running.join(', ')} still running: if a task waits for virtual time, let that pass with clock.advance(); if it waits for the test, let it go first`
      : `still under way: ${underWay.join(', ') || 'commands'}`
  return new TriggerkitError('SettleTimeout', `The testbed did not settle within ${timeout} ms: ${why}.`, {
    details: { underWay: running.length > 0 ? running : underWay },
  })
}
