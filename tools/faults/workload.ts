import { Random } from '@triggerkit/tool-simulator'

/** A firing as a client is going to utter it. Its id marks it in its kwargs, too, so that one that lost its id is still known. */
export interface PlannedFiring {
  readonly id: string
  readonly trigger: 'opened' | 'page' | 'complete'
  /** How long the client waits before it utters it, in milliseconds. */
  readonly pause: number
  /** By which of the applications it is uttered first; each repetition goes to the next one. */
  readonly process: number
  /** After how many milliseconds without an answer an impatient client repeats it elsewhere. */
  readonly impatience: number | null
}

export interface SessionPlan {
  readonly uid: string
  readonly runner: 'inline' | 'bullmq'
  /** How long each task takes, in milliseconds; `null`: it never ends. */
  readonly takes: Readonly<Record<TaskName, number | null>>
  readonly firings: readonly PlannedFiring[]
}

const TASKS = ['t_open', 't_page', 't_sum'] as const
export type TaskName = (typeof TASKS)[number]

export interface WorkloadOptions {
  readonly seed: number
  /** Every so many sessions one runs its tasks by BullMQ, the others in process. */
  readonly bullmqEvery: number
  /** How long a task takes at most. */
  readonly takesAtMost: number
}

const MOST_PAGES = 3
const LONGEST_PAUSE = 40
/** One client in so many is impatient. */
const IMPATIENT = 0.1

/** A questionnaire whose pages arrive in any order. The same seed and number give the same session. */
export function sessionOf(number: number, { seed, bullmqEvery, takesAtMost }: WorkloadOptions): SessionPlan {
  const random = new Random(seed, `session ${number}`)
  const uid = `questionnaire:${seed}:${number}`
  const pages = Array.from({ length: random.between(1, MOST_PAGES) }, () => 'page' as const)
  const triggers = random.some(['opened', 'complete', ...pages] as const, 5, 5)
  const takes = Object.fromEntries(TASKS.map((task) => [task, random.below(takesAtMost + 1)])) as Record<TaskName, number>
  const firings = triggers.map((trigger, index) => ({
    id: `${uid}/${index}`,
    trigger,
    pause: random.below(LONGEST_PAUSE),
    process: random.below(1_000),
    impatience: random.chance(IMPATIENT) ? random.between(1, 100) : null,
  }))
  return { uid, runner: number % bullmqEvery === 0 ? 'bullmq' : 'inline', takes, firings }
}

/** A join, a join for each page, and a join of what these two came to. */
export function configurationOf({ runner, takes }: SessionPlan): object {
  const task = (name: TaskName): object => ({ run: 'faults.work', using: runner, takes: takes[name] })
  return {
    t_open: { after: ['opened', 'complete'], ...task('t_open') },
    t_page: { after: ['opened'], andEvery: 'page', ...task('t_page') },
    t_sum: { after: ['t_open'], andEvery: 't_page', ...task('t_sum') },
  }
}

/** How often each task must have run to its end once those triggers were fired, whatever came first: a rule that knows nothing of the core. */
export function expectedRuns(fired: ReadonlyMap<string, number>): Readonly<Record<TaskName, number>> {
  const [opened, complete, pages] = ['opened', 'complete', 'page'].map((trigger) => fired.get(trigger) ?? 0) as [number, number, number]
  const read = opened > 0 ? pages : 0
  const joined = Math.min(opened, complete)
  return { t_open: joined, t_page: read, t_sum: joined > 0 ? read : 0 }
}
