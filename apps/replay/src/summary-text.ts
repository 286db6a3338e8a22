import { count, fit, grouped, printable } from './printable.js'
import type { Failure, Lack, Status, Summary, TaskCount } from './summary.js'

/** Colours a text, or leaves it as it is. */
export type Paint = (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', text: string) => string

export interface SummaryTextOptions {
  readonly paint?: Paint
  /** The width of the terminal; a sample that is longer is cut. Without it nothing is cut. */
  readonly columns?: number
}

/** How many entries a section has at most; the rest is counted. */
const LONGEST_SECTION = 20
/** A sample that is cut to less than this says nothing. */
const SHORTEST_SAMPLE = 20
const INDENT = 2
const STATUSES: readonly Status[] = ['finished', 'unstarted', 'scheduled', 'running', 'failed', 'replayed', 'skipped', 'abandoned']
const plain: Paint = (_style, text) => text

/** The summary for people to read. */
export function summaryText(summary: Summary, { paint = plain, columns = Number.POSITIVE_INFINITY }: SummaryTextOptions = {}): string {
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', paint('bold', title), ...shortened(lines).map((line) => `  ${line}`)]
  const figure = (title: string, text: string): string => `${paint('bold', title.padEnd(11))}${text}`
  return [
    ...section('Kinds of session', kindLines(summary)),
    ...section('Tasks', taskLines(summary.tasks, { paint, columns })),
    ...section('Failed', summary.failures.map((failure) => paint('red', failureLine(failure)))),
    ...section('Still waiting', summary.waiting.map(waitingLine)),
    ...section('Abandoned', summary.abandoned.map(abandonedLine)),
    '',
    headline(summary, paint),
    figure('Sessions', grouped(summary.sessions)),
    figure('Firings', firingLine(summary)),
    figure('Instances', statusLine(summary, paint)),
  ].join('\n').trimStart()
}

function headline({ interrupted, cutShort, payloads, events, elapsedMs, eventsPerSecond, badLines }: Summary, paint: Paint): string {
  const seconds = (elapsedMs / 1000).toFixed(elapsedMs < 10_000 ? 2 : 0)
  const what = payloads === 0 ? '' : `${count(payloads, 'payload')} as `
  const rate = `${what}${count(events, 'event')} in ${seconds} s (${grouped(eventsPerSecond)} events/s)`
  const bad = badLines === 0 ? '' : paint('yellow', `, ${count(badLines, 'bad line')}`)
  const how = interrupted ? 'Interrupted after' : cutShort ? 'Cut short after' : 'Replayed'
  return `${paint('bold', how)} ${rate}${bad}`
}

function kindLines({ kinds, sessions, payloads }: Summary): readonly string[] {
  if (payloads === 0) return []
  const rows = kinds.map((kind) => [kind.kind, grouped(kind.sessions), grouped(kind.payloads)] as const)
  const table = [['kind', 'sessions', 'payloads'] as const, ...rows, ['all', grouped(sessions), grouped(payloads)] as const]
  const widest = Math.max(...table.map(([kind]) => kind.length))
  return table.map(([kind, many, made]) => `${kind.padEnd(widest)} ${many.padStart(9)} ${made.padStart(9)}`)
}

function firingLine({ firings, duplicates }: Summary): string {
  const repeated = duplicates === 0 ? '' : `, of which ${grouped(duplicates)} repeated an earlier one and changed nothing`
  return `${grouped(firings)}${repeated}`
}

function statusLine({ instances }: Summary, paint: Paint): string {
  const total = STATUSES.reduce((sum, status) => sum + instances[status], 0)
  const parts = counted(instances, (status, text) => (status === 'failed' ? paint('red', text) : status === 'finished' ? paint('green', text) : text))
  return total === 0 ? 'none' : `${grouped(total)}: ${parts}`
}

/** A row for each task that something concerned; what one of its instances had to say where there is room. */
function taskLines(tasks: readonly TaskCount[], { paint, columns }: Required<SummaryTextOptions>): readonly string[] {
  const rows = tasks.map(({ task, instances, sample }) => ({ name: printable(task), counts: counted(instances), sample })).filter(({ counts }) => counts !== '')
  const names = Math.max(0, ...rows.map(({ name }) => name.length))
  const counts = Math.max(0, ...rows.map((row) => row.counts.length))
  const room = columns - INDENT - names - counts - 4
  return rows.map(({ name, counts: text, sample }) => {
    const said = sample === null || room < SHORTEST_SAMPLE ? '' : paint('dim', fit(sample, room))
    return `${name.padEnd(names)}  ${text.padEnd(counts)}  ${said}`.trimEnd()
  })
}

function counted(instances: TaskCount['instances'], decorate: (status: Status, text: string) => string = (_status, text) => text): string {
  const present = STATUSES.filter((status) => (instances[status] ?? 0) > 0)
  return present.map((status) => decorate(status, `${grouped(instances[status] ?? 0)} ${status}`)).join(', ')
}

function failureLine({ count: number, task, reason, example }: Failure): string {
  return `${grouped(number)} × ${printable(task)}: ${reason} (${where(number, example)})`
}

function waitingLine({ count: number, task, triggers }: Lack): string {
  const what = triggers.length === 0 ? 'is ready, and starts with the next firing that concerns it' : `waits for ${listed(triggers)}`
  return `${grouped(number)} × ${printable(task)} ${what}`
}

function abandonedLine({ count: number, task, triggers }: Lack): string {
  return `${grouped(number)} × ${printable(task)} because of ${listed(triggers)}`
}

function where(number: number, session: string): string {
  return number === 1 ? printable(session) : `first in ${printable(session)}`
}

function listed(triggers: readonly string[]): string {
  return triggers.map((trigger) => printable(trigger)).join(', ')
}

function shortened(lines: readonly string[]): readonly string[] {
  const left = lines.length - LONGEST_SECTION
  return left <= 1 ? lines : [...lines.slice(0, LONGEST_SECTION), `… and ${grouped(left)} more`]
}
