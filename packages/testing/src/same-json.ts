/** Whether two JSON values are the same; members that are `undefined` count as absent, and matchers such as `expect.any(Number)` match. */
export function isSameJson(actual: unknown, expected: unknown): boolean {
  if (isAsymmetric(expected)) return expected.asymmetricMatch(actual)
  if (!isContainer(actual) || !isContainer(expected)) return actual === expected
  if (Array.isArray(actual) !== Array.isArray(expected)) return false
  const [left, right] = [members(actual), members(expected)]
  return left.size === right.size && [...left].every(([name, value]) => right.has(name) && isSameJson(value, right.get(name)))
}

/** A JSON value as text, matchers as they describe themselves. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => (isAsymmetric(member) ? textOf(member) : member))
}

/** What test frameworks call an asymmetric matcher. */
interface AsymmetricMatcher {
  asymmetricMatch(actual: unknown): boolean
  toAsymmetricMatcher?(): string
}

function isAsymmetric(value: unknown): value is AsymmetricMatcher {
  return isContainer(value) && typeof (value as Partial<AsymmetricMatcher>).asymmetricMatch === 'function'
}

function textOf(matcher: AsymmetricMatcher): string {
  return matcher.toAsymmetricMatcher?.() ?? String(matcher)
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function members(value: object): Map<string, unknown> {
  return new Map(Object.entries(value).filter(([, member]) => member !== undefined || Array.isArray(value)))
}
