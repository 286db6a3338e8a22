import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'

/**
 * What Redis answers where it has certainly done nothing, and what to do about it. Those of scripts come with the first
 * write or before: no script writes anything before a write that Redis may refuse.
 */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['OOM', 'it has no memory left; raise maxmemory, delete sessions or give them a ttl'],
  ['READONLY', 'it is a read-only replica; connect to the master'],
  ['MISCONF', 'it cannot write to its disk; see its log'],
  ['NOREPLICAS', 'it has too few replicas to accept writes; see min-replicas-to-write'],
  ['WRONGTYPE', "a key under the storage's prefix is of another type; use another prefix, or remove the key"],
  ['NOPERM', 'the user may not do what the storage needs; see the README for the permissions'],
])

/** What Redis answers while it can't do anything yet: nothing was done, and it may soon work. */
const NOT_NOW: ReadonlyMap<string, string> = new Map([
  ['LOADING', 'it is still loading its data'],
  ['MASTERDOWN', 'its master is down'],
  ['CLUSTERDOWN', 'the cluster is down: not all of its slots are served'],
  ['TRYAGAIN', 'the cluster is moving the slot'],
  ['BUSY', 'it is busy with a script'],
  ['NOAUTH', 'it requires a password'],
  ['WRONGPASS', 'user or password is wrong'],
])

/** ioredis' words for what it never wrote to a socket. */
const NEVER_SENT = /enableOfflineQueue options is false/

/** Node's words for a certificate that proves nothing. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/

const DISTRUST_ADVICE = 'its certificate is not trusted or is for another name; give its CA as connection: { tls: { ca } }'

const UNKNOWN_ADVICE = 'present the change again, which does no harm if it was applied'

/**
 * An error of ioredis as one with a code. It is never its cause: ioredis attaches the command with all its arguments, and
 * some of Redis' messages repeat them.
 * @param sentOnce - whether the command was sent once at most, so that an answer says all about it
 */
export function toFailure(error: unknown, sentOnce: boolean): TriggerkitError {
  const reason = reasonOf(error)
  const refusal = REFUSALS.get(reason)
  if (refusal !== undefined) return failure('StorageRefused', `Redis refused the call (${reason}) and stored nothing: ${refusal}.`, reason)
  if (sentOnce && (NOT_NOW.has(reason) || NEVER_SENT.test(messageOf(error)))) return unreachable(error)
  return failure('OutcomeUnknown', `Redis answered unexpectedly (${reason}), and it is unknown whether the call was carried out; ${UNKNOWN_ADVICE}.`, reason)
}

/** For what was certainly never done. */
export function unreachable(error: unknown): TriggerkitError {
  const reason = reasonOf(error)
  const why = NOT_NOW.get(reason) ?? (UNTRUSTED.test(reason) ? DISTRUST_ADVICE : 'check address and network, or wait until it is back')
  return failure('StorageUnavailable', `Redis cannot be reached (${reason}), so nothing was sent to it: ${why}.`, reason)
}

export function timedOut(milliseconds: number): TriggerkitError {
  return failure('OutcomeUnknown', `Redis did not answer within ${milliseconds} ms (commandTimeout); ${UNKNOWN_ADVICE}.`, 'TIMEOUT')
}

/** Of a question: without an answer nothing is known, and nothing has changed. */
export function unanswered(error: TriggerkitError): TriggerkitError {
  const reason = String(error.details['reason'])
  return failure('StorageUnavailable', `Redis did not answer a read (${reason}), which changed nothing; try again.`, reason)
}

/** Of a call in several parts, some of which were carried out. */
export function partlyApplied(error: unknown): TriggerkitError {
  const reason = isTriggerkitError(error) ? String(error.details['reason'] ?? error.code) : reasonOf(error)
  return failure('OutcomeUnknown', `Not all parts of the call were carried out (${reason}); present each change again by itself.`, reason)
}

export function refused(message: string, reason: string): TriggerkitError {
  return failure('StorageRefused', message, reason)
}

function failure(code: 'StorageRefused' | 'StorageUnavailable' | 'OutcomeUnknown', message: string, reason: string): TriggerkitError {
  return new TriggerkitError(code, message, { details: { reason } })
}

/** One word: the code of a system error, the first word of an answer of Redis', or the error's name. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN'
  const { code, lastNodeError, name, message } = error as Error & { readonly code?: unknown; readonly lastNodeError?: unknown }
  if (lastNodeError instanceof Error) return reasonOf(lastNodeError)
  if (typeof code === 'string') return code
  return /^([A-Z]{2,})\b/.exec(message)?.[1] ?? (name === 'Error' ? 'CONNECTION' : name)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}
