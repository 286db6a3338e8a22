/** Holds a runner to a promise. @throws unless it `holds` */
export function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}

/** Holds a runner to a value, compared as JSON, whatever the order of names. */
export function demandEqual(actual: unknown, expected: unknown, what: string): void {
  const [seen, wanted] = [actual, expected].map((value) => JSON.stringify(value, sorted))
  demand(seen === wanted, `${what} is ${seen}, not ${wanted}`)
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
}
