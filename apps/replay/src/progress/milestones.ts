const STEPS = [1, 2, 5]
const FIRST = 100
const LARGEST = 10_000

/** Whether so many events deserve a line: 100, 200, 500, 1,000, 2,000, 5,000, 10,000, and every 10,000 from there on. */
export function isMilestone(events: number): boolean {
  if (events < FIRST) return false
  if (events >= LARGEST) return events % LARGEST === 0
  const magnitude = 10 ** Math.floor(Math.log10(events))
  return STEPS.includes(events / magnitude)
}
