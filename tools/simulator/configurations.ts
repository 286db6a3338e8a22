import type { Random } from './random.js'

/** The triggers that clients fire; tasks' names are triggers, too. */
export const TRIGGERS: readonly string[] = ['a', 'b', 'c', 'd']
export const TASKS: readonly string[] = ['t_one', 't_two', 't_three', 't_four', 't_five']

/** What a task does when it runs: data, so that a worker of any process can do it. */
export interface Behaviour {
  /** Milliseconds that it takes. */
  readonly think: number
  /** The triggers that it fires through its context. */
  readonly fires: readonly string[]
  /** Whether it fires them in one transaction. */
  readonly together: boolean
  readonly end: 'result' | 'fail' | 'fail once' | 'retry' | 'skip' | 'bad result' | 'log'
  /** How often it retries before it gives a result, and how long it waits each time. */
  readonly retries: number
  readonly cooldown: number
}

/** A task as an application would write it, with its behaviour as a custom directive. */
export interface PlannedTask {
  readonly after: readonly string[]
  readonly andEvery?: string
  readonly unless?: readonly string[]
  readonly withParams?: { readonly [trigger: string]: { readonly [name: string]: number } }
  readonly run: string
  readonly using?: string
  readonly behaviour: Behaviour
}

export type PlannedConfiguration = { readonly [task: string]: PlannedTask }

/** A configuration of the tasks named: joins, cascades, `andEvery`, `unless`, `withParams`, and every way to end. */
export function configurationOf(random: Random, tasks: readonly string[]): PlannedConfiguration {
  return Object.fromEntries(tasks.map((name) => [name, taskOf(random, name)]))
}

function taskOf(random: Random, name: string): PlannedTask {
  const own = TASKS.indexOf(name)
  // Mostly a task waits for those before it, so that cascades come to an end.
  const before = TASKS.slice(0, own)
  const after = [...new Set([...random.some(TRIGGERS, 1, 2), ...(random.chance(0.45) ? random.some(before, 1, 2) : [])])]
  const andEvery = random.chance(0.35) ? random.pick(after) : undefined
  const unless = random.chance(0.2) ? random.some([...TRIGGERS, ...before].filter((trigger) => !after.includes(trigger)), 1, 2) : []
  const using = random.weighted<string | undefined>([[10, undefined], [5, 'queue'], [5, 'inline'], [1, 'nowhere']])
  return {
    after,
    ...(andEvery !== undefined && { andEvery }),
    ...(unless.length > 0 && { unless }),
    ...(random.chance(0.2) && { withParams: { [random.pick(after)]: { given: random.below(9) } } }),
    run: random.weighted([[24, 'app.work'], [4, 'app.hurried'], [1, 'app.missing']]),
    ...(using !== undefined && { using }),
    behaviour: behaviourOf(random, after),
  }
}

function behaviourOf(random: Random, after: readonly string[]): Behaviour {
  // What a task fires must not wake it again, or it would never come to an end.
  const others = TRIGGERS.filter((trigger) => trigger > ([...after].sort().at(-1) ?? '') || !TRIGGERS.includes(trigger))
  return {
    think: random.weighted([[5, random.below(20)], [3, random.between(50, 1_500)], [2, random.between(3_000, 9_000)]]),
    fires: random.chance(0.3) ? random.some(others, 1, 2) : [],
    together: random.chance(0.3),
    end: random.weighted([[10, 'result'], [2, 'fail'], [2, 'fail once'], [3, 'retry'], [1, 'skip'], [1, 'bad result'], [1, 'log']]),
    retries: random.between(1, 3),
    cooldown: random.weighted([[2, 0], [3, random.between(200, 2_000)], [2, random.between(4_000, 15_000)]]),
  }
}
