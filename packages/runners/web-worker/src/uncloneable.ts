/**
 * Where a value holds something that a structured clone refuses, or quietly turns into something else (a class's instance comes
 * out as a bare object). Dates, `NaN` and the like pass: they arrive as they are, and the engine refuses them by their path.
 * @returns the fault with its path, such as `result.done: a function`; `null` if there is none
 */
export function findUncloneable(value: unknown, path: string): string | null {
  const seen = new Set<object>()
  const left: (readonly [string, unknown])[] = [[path, value]]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [place, item] = next
    const fault = faultOf(item)
    if (fault !== null) return `${place}: ${fault}`
    if (typeof item !== 'object' || item === null || seen.has(item)) continue
    seen.add(item)
    for (const [name, member] of membersOf(item)) left.push([Array.isArray(item) ? `${place}[${name}]` : `${place}.${name}`, member])
  }
  return null
}

function membersOf(item: object): readonly [string, unknown][] {
  return Array.isArray(item) || isBare(item) ? Object.entries(item) : []
}

function faultOf(item: unknown): string | null {
  if (typeof item === 'function' || typeof item === 'symbol') return `a ${typeof item}`
  if (typeof item !== 'object' || item === null || Array.isArray(item) || isBare(item) || survives(item)) return null
  return `an instance of ${item.constructor?.name ?? 'a class'}`
}

function isBare(item: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(item)
  return prototype === null || prototype === Object.prototype
}

/** Built-in values that a structured clone keeps as what they are. */
function survives(item: object): boolean {
  return item instanceof Date || item instanceof Map || item instanceof Set || item instanceof RegExp || item instanceof ArrayBuffer || ArrayBuffer.isView(item)
}
