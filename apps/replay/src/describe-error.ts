import { printable } from './printable.js'

/** What went wrong, on one line. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error))
  const { cause, message } = error
  return printable(cause instanceof Error ? `${message}: ${cause.message}` : message)
}
