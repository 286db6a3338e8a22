/** One of several things that are measured against each other. */
export interface Variant {
  readonly name: string
  /** Prepares `count` operations, untimed, and answers with what carries one of them out. */
  readonly prepare: (count: number) => Operation | Promise<Operation>
  /** Waits, untimed, until nothing that the operations set off goes on any more. */
  readonly settle?: () => Promise<void>
}

/** Carries out one operation. */
export type Operation = (index: number) => void | Promise<void>

/** The values of a figure over the rounds: machines are shared, so that only the median of ratios within one run counts. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right)
  return { median: sorted[sorted.length >> 1] as number, min: sorted[0] as number, max: sorted.at(-1) as number }
}

interface Alternation {
  readonly rounds: number
  /** How many operations a slice of each variant has: so many that it takes 50 to 250 ms. */
  readonly operations: readonly number[]
}

/** Rounds that don't count: the compiler still works on the code. */
const WARM_UP = 3

/**
 * Throughput by short alternating slices: each round goes through all variants forward and backward.
 * @returns for each variant the operations per second, round by round
 */
export async function alternate(variants: readonly Variant[], { rounds, operations }: Alternation): Promise<readonly number[][]> {
  const rates: number[][] = variants.map(() => [])
  const order = variants.map((_, index) => index)
  for (let round = -WARM_UP; round < rounds; round += 1) {
    const seconds = variants.map(() => 0)
    for (const index of [...order, ...[...order].reverse()]) {
      seconds[index] = (seconds[index] as number) + (await slice(variants[index] as Variant, operations[index] as number))
    }
    if (round < 0) continue
    for (const index of order) rates[index]?.push((2 * (operations[index] as number)) / (seconds[index] as number))
  }
  return rates
}

async function slice({ prepare, settle }: Variant, count: number): Promise<number> {
  const run = await prepare(count)
  const started = performance.now()
  for (let index = 0; index < count; index += 1) {
    const done = run(index)
    if (done !== undefined) await done
  }
  const seconds = (performance.now() - started) / 1000
  await settle?.()
  return seconds
}

/** So many lanes at once, each of which does its next operation when its last one has ended, `each` of them one after the other. */
export async function inLanes(lanes: number, each: number, operation: (lane: number, turn: number) => Promise<void>): Promise<void> {
  const run = async (lane: number): Promise<void> => {
    for (let turn = 0; turn < each; turn += 1) await operation(lane, turn)
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)))
}

interface Interleaving {
  readonly rounds: number
  readonly operations: number
}

/**
 * Latency by interleaving operation by operation in random order.
 * @returns for each variant the median microseconds, round by round
 */
export async function fine(variants: readonly Variant[], { rounds, operations }: Interleaving): Promise<readonly number[][]> {
  const medians: number[][] = variants.map(() => [])
  for (let round = -WARM_UP; round < rounds; round += 1) {
    const runs: Operation[] = []
    for (const { prepare } of variants) runs.push(await prepare(operations))
    const taken: number[][] = variants.map(() => [])
    const counts = variants.map(() => 0)
    for (const index of shuffled(variants.length, operations)) {
      const count = counts[index] as number
      counts[index] = count + 1
      const started = performance.now()
      const done = runs[index]?.(count)
      if (done !== undefined) await done
      taken[index]?.push((performance.now() - started) * 1000)
      await variants[index]?.settle?.()
    }
    if (round >= 0) for (const [index, values] of taken.entries()) medians[index]?.push(spread(values).median)
  }
  return medians
}

function shuffled(variants: number, operations: number): readonly number[] {
  const order = Array.from({ length: variants * operations }, (_, index) => index % variants)
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1))
    ;[order[last], order[other]] = [order[other] as number, order[last] as number]
  }
  return order
}

/** The ratio of two variants, round by round. */
export function ratio(above: readonly number[] | undefined, below: readonly number[] | undefined): Spread {
  return spread((above ?? []).map((value, round) => value / (below?.[round] as number)))
}
