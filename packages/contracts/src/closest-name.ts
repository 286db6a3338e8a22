/**
 * The candidate that `name` is probably a slip of: at most two letters added, dropped or changed, ignoring case, and fewer
 * than half of the candidate's; `undefined` if none is that close. Of equally close ones the first counts.
 */
export function closestName(name: string, candidates: Iterable<string>): string | undefined {
  let closest: string | undefined
  let least = 3
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= least) continue
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance >= least || distance * 2 >= candidate.length) continue
    closest = candidate
    least = distance
  }
  return closest
}

/** Levenshtein's distance, row by row. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let line = 1; line <= from.length; line++) {
    const next = [line]
    for (let column = 1; column <= to.length; column++) {
      const changed = row[column - 1]! + (from[line - 1] === to[column - 1] ? 0 : 1)
      next.push(Math.min(changed, row[column]! + 1, next[column - 1]! + 1))
    }
    row = next
  }
  return row[to.length]!
}
