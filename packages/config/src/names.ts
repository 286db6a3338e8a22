import { TriggerkitError } from '@triggerkit/contracts'

import { describeValue } from './describe-value.js'
import { quote } from './value-path.js'

/** How many UTF-16 units a name may have: that of a trigger, a task, an instance or anything else but a uid. */
export const MAX_NAME_LENGTH = 512

/** How many UTF-16 units the uid of a session may have. */
export const MAX_UID_LENGTH = 1024

/** What a name is for. Any other short description works, too: it only selects the limit and appears in the message. */
export type NameKind = 'uid' | 'trigger' | 'task' | 'instance' | (string & {})

/**
 * The value, if it can be a name of that kind: a string, not empty, within its limit ({@link MAX_UID_LENGTH} for a `uid`, else
 * {@link MAX_NAME_LENGTH}) and without lone surrogates, which no encoding carries. `applicant:42` is an ordinary name.
 * @throws `InvalidName` naming the kind and the value
 */
export function checkName(kind: NameKind, value: unknown): string {
  const fault = nameFault(value, kind === 'uid' ? MAX_UID_LENGTH : MAX_NAME_LENGTH)
  if (fault === undefined) return value as string
  const shown = typeof value === 'string' ? ` ${quote(value)}` : ''
  throw new TriggerkitError('InvalidName', `${kind}${shown}: ${fault}.`, { details: { kind } })
}

/** Why `value` can't be a name; `undefined` if it can. */
export function nameFault(value: unknown, limit: number = MAX_NAME_LENGTH): string | undefined {
  if (typeof value !== 'string') return `a name must be a string, not ${describeValue(value)}`
  if (value === '') return 'a name must not be empty'
  if (value.length > limit) return `a name may have ${limit} characters, not ${value.length}`
  // In a pattern with the u flag a paired surrogate is part of its character.
  return /\p{Surrogate}/u.test(value) ? 'a name must not contain half of a surrogate pair' : undefined
}
