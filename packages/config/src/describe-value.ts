/** What a value is, in a few words with an article, for messages: `a Date`, `a list`, `null`. Never its content. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  const kind = className(value)
  if (kind === 'Object') return 'an object'
  return /^(Date|Map|Set)$/.test(kind) ? `a ${kind}` : `an instance of ${kind}`
}

function className(value: object): string {
  // Not the value's own member of that name, which is data.
  const kind: unknown = (Object.getPrototypeOf(value) as object | null)?.constructor?.name
  return typeof kind === 'string' && kind !== '' ? kind : 'an unnamed class'
}
