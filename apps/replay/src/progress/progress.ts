import type { BadLine } from '../event.js'
import type { Summary } from '../summary.js'

/** What the replay is about to do. */
export interface Opening {
  /** Where configuration and events come from, in words. */
  readonly title: string
  /** How many events there are, where that is known beforehand. */
  readonly total: number | null
}

/** How far the replay is. */
export interface Standing {
  readonly phase: 'reading' | 'draining'
  readonly events: number
  readonly firings: number
  readonly sessions: number
  readonly badLines: number
  readonly finished: number
  readonly failed: number
  readonly waiting: number
  readonly elapsedMs: number
}

/** Where the replay tells what happens. `update` comes with every event and has to be cheap. */
export interface Progress {
  open(opening: Opening): void
  update(standing: () => Standing): void
  badLine(bad: BadLine): void
  note(text: string): void
  close(summary: Summary): void
  /** Ends without a summary, because of an error that is told elsewhere. */
  abandon(): void
}

/** The least that a progress needs of a stream. */
export interface TextSink {
  write(text: string): unknown
}
