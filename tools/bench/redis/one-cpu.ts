import { spawnSync } from 'node:child_process'

/**
 * Measures with these processes and this one on a single processor. On two of them a sequential round trip mostly measures
 * how long a sleeping processor takes to wake up, which hides what the two sides do.
 * Where there is no `taskset` (Linux has it) it says so, and measures without.
 */
export async function onOneCpu<TResult>(pids: readonly number[], measure: () => Promise<TResult>): Promise<TResult> {
  const all = [process.pid, ...pids]
  const before = all.map((pid) => [pid, cpusOf(pid)] as const)
  const last = before[0]?.[1]?.split(/[-,]/).at(-1)
  if (last === undefined) {
    console.error('There is no taskset here: latencies are measured on all processors, where they spread widely.')
    return measure()
  }
  for (const pid of all) pin(pid, last)
  try {
    return await measure()
  } finally {
    for (const [pid, cpus] of before) if (cpus !== null) pin(pid, cpus)
  }
}

/** The processors that a process may use, as `taskset` lists them; `null` if nobody can tell. */
function cpusOf(pid: number): string | null {
  const { stdout } = spawnSync('taskset', ['-cp', String(pid)], { encoding: 'utf8' })
  return /: ([\d,-]+)\s*$/.exec(stdout ?? '')?.[1] ?? null
}

/** With all its threads. */
function pin(pid: number, cpus: string): void {
  spawnSync('taskset', ['-acp', cpus, String(pid)])
}
