import { configurationOf, TASKS, TRIGGERS } from './configurations.js'
import type { PlannedConfiguration } from './configurations.js'
import { faultsOf } from './faults.js'
import type { Fault } from './faults.js'
import { Random } from './random.js'

/** What a client wants done. */
export type Wish =
  | { readonly type: 'fire'; readonly trigger: string }
  | { readonly type: 'fire together'; readonly triggers: readonly string[] }
  | { readonly type: 'configure'; readonly configuration: PlannedConfiguration; readonly catchUp: boolean }
  | { readonly type: 'replay' | 'skip' | 'cancel' | 'clone' | 'mark logs'; readonly task: string; readonly turn: number }
  | { readonly type: 'set status'; readonly task: string; readonly turn: number; readonly status: 'unstarted' | 'finished' | 'failed' | 'scheduled'; readonly cascade: boolean }
  | { readonly type: 'create'; readonly task: string }
  | { readonly type: 'watch'; readonly length: number }
  | { readonly type: 'delete' }

/** A wish, when and where it is uttered, and what the client does when it gets no answer. */
export interface Step {
  readonly number: number
  readonly at: number
  readonly process: number
  readonly uid: string
  readonly wish: Wish
  /** Whether the client gives the command an id, so that it can repeat it. */
  readonly named: boolean
  /** After how long the client, without waiting for the answer, repeats the same by another process, as after a crash of its own. */
  readonly impatience: number | null
}

export interface PlannedProcess {
  readonly executes: boolean
  /** How fast its clock runs, 1 being right. */
  readonly rate: number
  /** Whether it knows the in-process runner: one that doesn't leaves such instances to others. */
  readonly knowsInline: boolean
}

/** All that a seed decides beforehand; chance within a run decides only how long each thing takes. */
export interface Plan {
  readonly seed: number
  /** Until when, of the virtual time, faults happen; then everything must recover. */
  readonly until: number
  readonly manager: 'default' | 'finalizing'
  readonly runner: 'queue' | 'inline'
  /** Whether the queue keeps back what isn't due, and how many ended jobs it remembers. */
  readonly queue: { readonly delays: boolean; readonly remembers: number }
  readonly settings: { readonly lease: number; readonly sweepEvery: number; readonly commandTimeout: number; readonly maxLosses: number }
  readonly commitMany: boolean
  readonly watches: boolean
  /** The application's own configuration, if it has one. */
  readonly configuration: PlannedConfiguration | undefined
  readonly processes: readonly PlannedProcess[]
  readonly steps: readonly Step[]
  readonly faults: readonly Fault[]
}

/** The plan of a seed. */
export function planOf(seed: number): Plan {
  const random = new Random(seed, 'plan')
  const runner = random.chance(0.6) ? 'queue' : 'inline'
  const processes = Array.from({ length: random.between(2, 3) }, (_, index) => ({
    executes: index === 0 || random.chance(0.75),
    rate: random.pick([1, 1, 0.98, 1.02]),
    knowsInline: index === 0 || runner === 'inline' || random.chance(0.8),
  }))
  const tasks = TASKS.slice(0, random.between(1, TASKS.length))
  const own = random.chance(0.4) ? configurationOf(random, tasks) : undefined
  const until = random.pick([6_000, 10_000, 18_000])
  return {
    seed,
    until,
    manager: random.chance(0.4) ? 'finalizing' : 'default',
    runner,
    queue: { delays: random.chance(0.5), remembers: random.pick([0, 2, 1_000]) },
    settings: { lease: random.between(3_000, 8_000), sweepEvery: random.between(700, 2_000), commandTimeout: random.between(2_000, 6_000), maxLosses: random.between(1, 4) },
    commitMany: random.chance(0.5),
    watches: random.chance(0.3),
    configuration: own,
    processes,
    steps: stepsOf(random, { processes: processes.length, tasks, configured: own !== undefined, until }),
    faults: faultsOf(random, processes.length, until),
  }
}

interface Frame {
  readonly processes: number
  readonly tasks: readonly string[]
  readonly configured: boolean
  readonly until: number
}

function stepsOf(random: Random, { processes, tasks, configured, until }: Frame): readonly Step[] {
  const uids = random.chance(0.35) ? ['s1', 's2'] : ['s1']
  const span = random.pick([400, 3_000, until - 2_000])
  const frame = (wish: Wish, at: number): Step => ({
    number: 0,
    at,
    process: random.below(processes),
    uid: random.pick(uids),
    wish,
    named: random.chance(0.75),
    impatience: random.chance(0.15) ? random.between(0, 400) : null,
  })
  const first = configured ? [] : uids.map((uid) => ({ ...frame(configure(random, tasks), random.chance(0.8) ? 0 : random.below(span)), uid }))
  const steps = [...first, ...Array.from({ length: random.between(8, 20) }, () => frame(wishOf(random, tasks), random.below(span)))]
  return steps.sort((left, right) => left.at - right.at).map((step, number) => ({ ...step, number: number + 1 }))
}

function configure(random: Random, tasks: readonly string[]): Wish {
  return { type: 'configure', configuration: configurationOf(random, tasks), catchUp: random.chance(0.8) }
}

function wishOf(random: Random, tasks: readonly string[]): Wish {
  const task = random.pick(tasks)
  const turn = random.below(100)
  return random.weighted<() => Wish>([
    [24, () => ({ type: 'fire', trigger: random.pick([...TRIGGERS, ...TRIGGERS, task]) })],
    [3, () => ({ type: 'fire together', triggers: random.some(TRIGGERS, 2, 3) })],
    [2, () => configure(random, random.some(tasks, 1, 2))],
    [4, () => ({ type: 'replay', task, turn })],
    [2, () => ({ type: 'skip', task, turn })],
    [3, () => ({ type: 'cancel', task, turn })],
    [1, () => ({ type: 'clone', task, turn })],
    [1, () => ({ type: 'mark logs', task, turn })],
    [3, () => ({ type: 'set status', task, turn, status: random.pick(['unstarted', 'finished', 'failed', 'scheduled']), cascade: random.chance(0.5) })],
    [1, () => ({ type: 'create', task })],
    [1, () => ({ type: 'delete' })],
    [1, () => ({ type: 'watch', length: random.between(100, 6_000) })],
  ])()
}
