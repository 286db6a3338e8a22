import { TriggerkitError } from './errors.js'

/** A length of time: milliseconds, or a number with a unit (`'250ms'`, `'10s'`, `'5m'`, `'12h'`, `'30d'`). */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * The milliseconds of a {@link Duration}.
 * @param name - what the duration is for, to be named in the error
 * @throws `InvalidArgument` for anything but a number from 0 up or a number with a unit
 */
export function milliseconds(duration: Duration, name: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(duration)) ?? []
  const length = unit === undefined ? duration : Number(digits) * MILLISECONDS[unit as keyof typeof MILLISECONDS]
  if (typeof length === 'number' && length >= 0 && Number.isFinite(length)) return length
  // JSON would say null of Infinity.
  const shown = typeof duration === 'string' ? JSON.stringify(duration) : String(duration)
  throw invalid(name, `${shown} is not a duration; give milliseconds or a string such as '10s', '5m', '30d'`)
}

/**
 * Like {@link milliseconds}, for durations that must not be zero.
 * @throws `InvalidArgument` for 0, too
 */
export function positiveMilliseconds(duration: Duration, name: string): number {
  const length = milliseconds(duration, name)
  if (length > 0) return length
  throw invalid(name, 'give a duration above 0')
}

function invalid(name: string, fault: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `${name}: ${fault}.`, { details: { name } })
}
