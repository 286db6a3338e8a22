/** How many instances a session has, by task and status: `t_joined finished`. */
export type Counts = Readonly<Record<string, number>>

export function countsOf(instances: readonly { readonly task: string; readonly status: string }[]): Counts {
  const counts: Record<string, number> = {}
  for (const { task, status } of instances) counts[`${task} ${status}`] = (counts[`${task} ${status}`] ?? 0) + 1
  return counts
}

/** What there is too little of, and what too much; empty where both are the same. */
export function differences(counts: Counts, expected: Counts): readonly string[] {
  const keys = new Set([...Object.keys(counts), ...Object.keys(expected)])
  return [...keys].filter((key) => counts[key] !== expected[key]).map((key) => `${key}: ${counts[key] ?? 0} instead of ${expected[key] ?? 0}`)
}
