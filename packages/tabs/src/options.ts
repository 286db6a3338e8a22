import { positiveMilliseconds, TriggerkitError, type Duration, type Logger } from '@triggerkit/contracts'

/** A hidden tab's timers fire once a minute; a lease must outlast two that are missed. */
const DEFAULT_LEASE = '3m'
/** How many times within a lease the sweeping tab is asked whether it is there. */
const QUESTIONS_A_LEASE = 12
const LONGEST_PATIENCE = 15_000

export interface TabsOptions {
  /** Names the application within its origin: the tabs and workers of one database use one name, such as the database's own. */
  readonly name: string
  /**
   * How long a tab counts as living after it was last heard of, where its end is not known at once: after so long the work of a
   * frozen one is taken over. Timers of hidden tabs may fire once a minute, so shorter than three minutes is for tests. Default: 3 min.
   */
  readonly lease?: Duration
  /** Receives one warning about what the browser lacks. Default: the console. */
  readonly logger?: Pick<Logger, 'warn'>
}

/** Options with every default filled in, in milliseconds. */
export interface Settings {
  readonly name: string
  readonly lease: number
  /** How long the sweeping tab may take to answer, until another takes its place. */
  readonly patience: number
  readonly logger: Pick<Logger, 'warn'>
}

const consoleLogger: Pick<Logger, 'warn'> = { warn: (message, meta) => console.warn(message, meta ?? {}) }

/** @throws `InvalidArgument` for an empty name and for what is no duration above 0 */
export function toSettings({ name, lease = DEFAULT_LEASE, logger = consoleLogger }: TabsOptions): Settings {
  if (typeof name !== 'string' || name === '') throw invalid('name', name, 'give a non-empty string, such as the name of the database')
  const length = positiveMilliseconds(lease, 'lease')
  return { name, lease: length, patience: Math.min(length / QUESTIONS_A_LEASE, LONGEST_PATIENCE), logger }
}

function invalid(name: string, value: unknown, advice: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `tabs, ${name}: ${String(value)} is invalid; ${advice}.`, { details: { name } })
}
