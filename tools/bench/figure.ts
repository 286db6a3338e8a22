import type { Spread } from './measure.js'

/** A measured figure, and what is asked of it. */
export interface Figure {
  readonly id: string
  readonly what: string
  readonly unit: string
  readonly value: number
  readonly spread?: Spread
  readonly atLeast: boolean
  readonly goal: number
  readonly gate: number
}

/** A figure that must reach its gate from below: the more, the better. */
export function atLeast(id: string, what: string, value: Spread | number, limits: Limits): Figure {
  return { id, what, ...given(value), ...limits, atLeast: true }
}

/** A figure that must stay below its gate: the less, the better. */
export function atMost(id: string, what: string, value: Spread | number, limits: Limits): Figure {
  return { id, what, ...given(value), ...limits, atLeast: false }
}

interface Limits {
  readonly unit: string
  readonly goal: number
  readonly gate: number
}

function given(value: Spread | number): Pick<Figure, 'value' | 'spread'> {
  return typeof value === 'number' ? { value } : { value: value.median, spread: value }
}

export function holds({ value, gate, atLeast: more }: Figure): boolean {
  return more ? value >= gate : value <= gate
}

function reaches({ value, goal, atLeast: more }: Figure): boolean {
  return more ? value >= goal : value <= goal
}

/** The figures as a machine reads them. */
export function toJson(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { id, value, goal, gate, unit, what, spread } = figure
    return { id, value, goal, gate, holds: holds(figure), unit, what, ...(spread !== undefined && { min: spread.min, max: spread.max }) }
  })
  return JSON.stringify(rows, null, 2)
}

/** The figures as a table. */
export function toTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const sign = figure.atLeast ? '≥' : '≤'
    const range = figure.spread === undefined ? '' : ` (${shown(figure.spread.min)} to ${shown(figure.spread.max)})`
    const verdict = !holds(figure) ? 'misses its gate' : reaches(figure) ? 'reaches its goal' : 'holds its gate'
    return [figure.id, `${shown(figure.value)} ${figure.unit}${range}`, `${sign} ${shown(figure.gate)}`, `${sign} ${shown(figure.goal)}`, verdict, figure.what]
  })
  const all = [['figure', 'measured', 'gate', 'goal', 'verdict', 'what'], ...rows]
  const widths = (all[0] as string[]).map((_, column) => Math.max(...all.map((row) => (row[column] as string).length)))
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] as number)).join('  ').trimEnd()).join('\n')
}

function shown(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en')
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
}
