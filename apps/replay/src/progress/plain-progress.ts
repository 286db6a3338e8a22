import type { BadLine } from '../event.js'
import { count, grouped } from '../printable.js'
import { summaryText } from '../summary-text.js'
import type { Summary } from '../summary.js'
import { isMilestone } from './milestones.js'
import type { Opening, Progress, Standing, TextSink } from './progress.js'

/** Lines for a file or a pipe: one every so many events, then the summary. Messages go to the error stream. */
export class PlainProgress implements Progress {
  readonly #out: TextSink
  readonly #err: TextSink
  #total: number | null = null
  #told = 0

  constructor(out: TextSink, err: TextSink) {
    this.#out = out
    this.#err = err
  }

  open({ title, total }: Opening): void {
    this.#total = total
    this.#out.write(`Replaying ${title}\n`)
  }

  update(standing: () => Standing): void {
    const now = standing()
    if (now.events === this.#told || !isMilestone(now.events)) return
    this.#told = now.events
    this.#out.write(`${progressLine(now, this.#total)}\n`)
  }

  badLine({ line, reason }: BadLine): void {
    this.note(badLineText(line, reason))
  }

  note(text: string): void {
    this.#err.write(`${text}\n`)
  }

  abandon(): void {
    // Lines that are written are written.
  }

  close(summary: Summary): void {
    this.#out.write(`\n${summaryText(summary)}\n`)
  }
}

export function badLineText(line: number, reason: string): string {
  return `line ${line} ${reason}`
}

function progressLine({ events, sessions, finished, failed, badLines }: Standing, total: number | null): string {
  const done = total === null ? count(events, 'event') : `${grouped(events)} of ${count(total, 'event')}`
  const parts = [done, count(sessions, 'session'), `${count(finished, 'task run')} finished`]
  if (failed > 0) parts.push(`${grouped(failed)} failed`)
  if (badLines > 0) parts.push(count(badLines, 'bad line'))
  return parts.join(', ')
}
