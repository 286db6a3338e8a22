/** The whole number above 0 that a command line gives under that name; ends the process, saying so, where it gives none. */
export function wholeOption(name: string, given: unknown): number {
  const value = Number(given)
  if (Number.isSafeInteger(value) && value > 0) return value
  console.error(`--${name} takes a whole number above 0, not ${JSON.stringify(given)}.`)
  process.exit(2)
}
