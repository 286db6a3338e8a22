/** A timer that has been set; only the clock that made it knows what it is. */
export type Timer = unknown

/**
 * Time as Triggerkit sees it. Every wait in engine and runners goes through it, so that a test or a simulation
 * can control time. Leases and wake-ups never depend on it: they use the storage's time.
 */
export interface Clock {
  /** Milliseconds that only ever rise, from an arbitrary start. */
  monotonic(): number
  /**
   * Calls back once, not before `delay` milliseconds have passed. Accepts any delay, even longer than 2^31 ms.
   * @param background - whether a process that has nothing else to do may end without it
   */
  setTimer(callback: () => void, delay: number, background?: boolean): Timer
  clearTimer(timer: Timer): void
}
