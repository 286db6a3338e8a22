const MAP = '$entries'

/** For `JSON.stringify`: keeps maps, whose keys are strings. */
export function withMaps(_: string, value: unknown): unknown {
  return value instanceof Map ? { [MAP]: [...value] } : value
}

/** For `JSON.parse`: makes maps again of what {@link withMaps} wrote. */
export function toMaps(_: string, value: unknown): unknown {
  const entries = typeof value === 'object' && value !== null && MAP in value ? value[MAP] : undefined
  return entries === undefined ? value : new Map(entries as [string, unknown][])
}
