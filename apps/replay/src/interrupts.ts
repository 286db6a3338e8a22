/** Two interrupts within this time are one: a terminal and a parent process may both pass on the same Ctrl-C. */
const SAME_MS = 500

export interface Interrupts {
  readonly stop: AbortSignal
  readonly giveUp: AbortSignal
  readonly interrupt: () => void
}

/** The first interrupt aborts `stop`, the next one `giveUp`. */
export function createInterrupts(now: () => number): Interrupts {
  const stop = new AbortController()
  const giveUp = new AbortController()
  let first: number | null = null
  const interrupt = (): void => {
    if (first === null) {
      first = now()
      stop.abort()
    } else if (now() - first >= SAME_MS) giveUp.abort()
  }
  return { stop: stop.signal, giveUp: giveUp.signal, interrupt }
}
