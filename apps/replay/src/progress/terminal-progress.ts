import { styleText } from 'node:util'

import { createLogUpdate } from 'log-update'

import type { BadLine } from '../event.js'
import { count, fit, grouped } from '../printable.js'
import { summaryText, type Paint } from '../summary-text.js'
import type { Summary } from '../summary.js'
import { badLineText } from './plain-progress.js'
import type { Opening, Progress, Standing, TextSink } from './progress.js'

/** A terminal to draw on. */
export type Terminal = NodeJS.WritableStream & { readonly columns?: number }

export interface TerminalOptions {
  readonly terminal: Terminal
  readonly err: TextSink
  readonly colour: boolean
  readonly now: () => number
}

/** Drawn ten times a second at most. */
const FRAME_MS = 100
const WIDEST_BAR = 40

/** A panel that is drawn anew in place, and gives way to the summary. Messages appear above it. */
export class TerminalProgress implements Progress {
  readonly #options: TerminalOptions
  readonly #draw: ReturnType<typeof createLogUpdate>
  readonly #paint: Paint
  #opening: Opening = { title: '', total: null }
  #drawn = Number.NEGATIVE_INFINITY
  #panel = ''
  #standing: (() => Standing) | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(options: TerminalOptions) {
    this.#options = options
    this.#draw = createLogUpdate(options.terminal)
    this.#paint = options.colour ? (style, text) => styleText(style, text) : (_style, text) => text
  }

  open(opening: Opening): void {
    this.#opening = opening
    this.#options.terminal.write(`${this.#paint('bold', fit(`Replaying ${opening.title}`, this.#columns))}\n`)
    // Events may be a long time coming, while tasks still run.
    this.#timer = setInterval(() => this.#redraw(), FRAME_MS).unref()
  }

  update(standing: () => Standing): void {
    this.#standing = standing
    if (this.#options.now() - this.#drawn >= FRAME_MS) this.#redraw()
  }

  badLine({ line, reason }: BadLine): void {
    this.note(this.#paint('yellow', badLineText(line, reason)))
  }

  note(text: string): void {
    this.#draw.clear()
    this.#options.err.write(`${text}\n`)
    if (this.#panel !== '') this.#draw(this.#panel)
  }

  abandon(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#draw.clear()
    this.#draw.done()
  }

  close(summary: Summary): void {
    this.abandon()
    this.#options.terminal.write(`\n${summaryText(summary, { paint: this.#paint, columns: this.#columns })}\n`)
  }

  get #columns(): number {
    return this.#options.terminal.columns ?? 80
  }

  #redraw(): void {
    if (this.#standing === null) return
    this.#drawn = this.#options.now()
    this.#panel = panel(this.#standing(), { total: this.#opening.total, columns: this.#columns, paint: this.#paint })
    this.#draw(this.#panel)
  }
}

interface PanelOptions {
  readonly total: number | null
  readonly columns: number
  readonly paint: Paint
}

/** Two lines: how far it is, and what has come of it. */
export function panel(standing: Standing, { total, columns, paint }: PanelOptions): string {
  const { phase, events, sessions, finished, failed, waiting, badLines } = standing
  const parts = [count(sessions, 'session'), count(finished, 'task run'), `${grouped(waiting)} queued`]
  if (failed > 0) parts.push(paint('red', `${grouped(failed)} failed`))
  if (badLines > 0) parts.push(paint('yellow', count(badLines, 'bad line')))
  const done = total === null ? count(events, 'event') : `${grouped(events)}/${grouped(total)} events`
  const state = phase === 'draining' ? 'finishing' : `${grouped((events * 1000) / Math.max(1, standing.elapsedMs))}/s`
  const bar = total === null ? '' : progressBar(events / Math.max(1, total), columns - done.length - state.length - 6)
  return `${bar === '' ? '' : `${paint('cyan', bar)} `}${done}  ${state}\n${parts.join(' · ')}`
}

function progressBar(share: number, room: number): string {
  const width = Math.max(0, Math.min(WIDEST_BAR, room))
  const full = Math.round(Math.min(1, share) * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}
