/** The first letters of a commit's hash, as GitHub shows them. */
export function shortHash(hash: string): string {
  return hash.slice(0, 7)
}

/** The time between two moments: `45 s`, `3 min`. */
export function span(from: string, to: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000))
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}

/** A text on one line, cut to the length of a headline. */
export function quote(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return `“${line.length > 60 ? `${line.slice(0, 59)}…` : line}”`
}
