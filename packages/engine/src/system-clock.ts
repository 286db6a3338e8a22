import type { Clock, Timer } from '@triggerkit/contracts'

// Platforms fire a timer at once whose delay exceeds 2^31 - 1 ms.
const LONGEST_DELAY = 2 ** 31 - 1

interface SystemTimer {
  handle: ReturnType<typeof setTimeout>
}

/** The platform's time. The only place of the engine that reads it. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  setTimer(callback, delay, background = false) {
    const timer = {} as SystemTimer
    arm(timer, callback, performance.now() + delay)
    // Only Node's timers hold a process.
    if (background) (timer.handle as { unref?: () => void }).unref?.()
    return timer
  },
  clearTimer(timer: Timer) {
    clearTimeout((timer as SystemTimer).handle)
  },
}

function arm(timer: SystemTimer, callback: () => void, due: number): void {
  const delay = due - performance.now()
  timer.handle = setTimeout(() => (delay > LONGEST_DELAY ? arm(timer, callback, due) : callback()), Math.min(delay, LONGEST_DELAY))
}

/** What became of a promise within a time limit: its value, or `timedOut`. Rejects as the promise does. */
export async function within<TValue>(clock: Clock, limit: number, promise: Promise<TValue>): Promise<TValue | typeof timedOut> {
  let timer: Timer
  const limited = new Promise<typeof timedOut>((resolve) => {
    timer = clock.setTimer(() => resolve(timedOut), limit)
  })
  return Promise.race([promise, limited]).finally(() => clock.clearTimer(timer))
}

export const timedOut: unique symbol = Symbol('timedOut')
