/** What befalls a tab. */
export const KINDS = ['crash', 'close', 'reload', 'leave', 'kill', 'freeze'] as const

export type Kind = (typeof KINDS)[number]

/**
 * Where in firing and executing it befalls it, in their order. What is `under way` is in the database's hands at that moment; at every
 * other point the tab stands still until the fault has struck.
 */
export const POINTS = [
  'fire called',
  'fire presented',
  'fire under way',
  'fire committed',
  'hand-over begun',
  'hand-over done',
  'fire answered',
  'begin presented',
  'begin under way',
  'begin committed',
  'task begun',
  'task amid',
  'task ended',
  'outcome presented',
  'outcome under way',
  'outcome committed',
  'execution reported',
] as const

export type Point = (typeof POINTS)[number]

/** Points at which the tab goes on while the fault strikes. */
export const PASSING: ReadonlySet<Point> = new Set(['fire under way', 'begin under way', 'task amid', 'outcome under way'])
