import type { BadLine } from '../event.js'
import type { Summary } from '../summary.js'
import { isMilestone } from './milestones.js'
import { badLineText } from './plain-progress.js'
import type { Opening, Progress, Standing, TextSink } from './progress.js'

/** A JSON object a line. The version in `type` rises when a member changes its meaning or goes; new members may come. */
export class JsonProgress implements Progress {
  readonly #out: TextSink
  readonly #err: TextSink
  #told = 0

  constructor(out: TextSink, err: TextSink) {
    this.#out = out
    this.#err = err
  }

  open(opening: Opening): void {
    this.#write('replay.start.v1', opening)
  }

  update(standing: () => Standing): void {
    const now = standing()
    if (now.events === this.#told || !isMilestone(now.events)) return
    this.#told = now.events
    this.#write('replay.progress.v1', now)
  }

  badLine(bad: BadLine): void {
    this.#write('replay.badLine.v1', bad)
    this.note(badLineText(bad.line, bad.reason))
  }

  note(text: string): void {
    this.#err.write(`${text}\n`)
  }

  abandon(): void {
    // Lines that are written are written.
  }

  close(summary: Summary): void {
    this.#write('replay.summary.v1', summary)
  }

  #write(type: string, members: object): void {
    this.#out.write(`${JSON.stringify({ type, ...members })}\n`)
  }
}
