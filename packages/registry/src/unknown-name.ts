import { closestName, TriggerkitError } from '@triggerkit/contracts'

const SHOWN = 20

/** The error for a name that nobody knows: it names those known, as many as help, and the one that was probably meant. */
export function unknownName(code: 'UnknownKey' | 'UnknownTaskFunction', what: string, given: string, known: readonly string[]): TriggerkitError {
  // A setting that is missing gives no text.
  const name = String(given)
  const closest = closestName(name, known)
  const question = closest === undefined ? '' : ` Did you mean ${quote(closest)}?`
  const message = `There is no ${what} ${quote(name)}.${question} ${listKnown(known)}`
  return new TriggerkitError(code, message, { details: { name, known: known.slice(0, SHOWN), ...(closest === undefined ? {} : { closest }) } })
}

function listKnown(known: readonly string[]): string {
  if (known.length === 0) return 'None is registered yet.'
  const rest = known.length > SHOWN ? ` and ${known.length - SHOWN} more` : ''
  return `Known: ${known.slice(0, SHOWN).map(quote).join(', ')}${rest}.`
}

function quote(name: string): string {
  return JSON.stringify(name)
}
