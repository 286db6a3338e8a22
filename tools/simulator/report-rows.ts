/** What a run came to, by name, as a table. */
export function tableOf(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return rows.map(([name, value]) => `${name.padEnd(width)}${value}`).join('\n')
}

/** A number as a table shows it. */
export function shown(value: number): string {
  return value.toLocaleString('en')
}
