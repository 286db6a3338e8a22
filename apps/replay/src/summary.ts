import type { InstanceView, Triggers } from 'triggerkit'

import { printable } from './printable.js'
import type { KindCount, Tally } from './tally.js'

export type Status = InstanceView['status']

/** Instances that have something in common, and one of them. */
export interface Group {
  readonly task: string
  readonly count: number
  /** The session of the first of them. */
  readonly example: string
}

export interface Failure extends Group {
  readonly reason: string
}

export interface Lack extends Group {
  readonly triggers: readonly string[]
}

export interface TaskCount {
  readonly task: string
  readonly instances: Readonly<Partial<Record<Status, number>>>
  /** What the first finished instance had to say: the `summary` of its result. */
  readonly sample: string | null
}

/** All that the replay has to tell at its end. */
export interface Summary {
  readonly interrupted: boolean
  /** Whether the events could not be read to their end. */
  readonly cutShort: boolean
  readonly elapsedMs: number
  readonly eventsPerSecond: number
  readonly events: number
  readonly badLines: number
  readonly firings: number
  readonly duplicates: number
  readonly payloads: number
  readonly sessions: number
  readonly kinds: readonly KindCount[]
  readonly instances: Readonly<Record<Status, number>>
  readonly tasks: readonly TaskCount[]
  readonly failures: readonly Failure[]
  /** What unstarted instances still wait for. */
  readonly waiting: readonly Lack[]
  /** The triggers that kept instances from running. */
  readonly abandoned: readonly Lack[]
}

/** What the summary takes from elsewhere than the sessions. */
export interface Circumstances {
  /** The tasks in the order in which they are to be listed. */
  readonly tasks: readonly string[]
  readonly interrupted: boolean
  readonly elapsedMs: number
}

/** Looks at every session once, page by page, and keeps only counts. */
export async function summarise(triggers: Triggers, tally: Tally, { tasks, interrupted, elapsedMs }: Circumstances): Promise<Summary> {
  const digest = new Digest(tasks)
  for (const uid of tally.sessions.keys()) {
    for await (const instance of triggers.session(uid)) digest.add(uid, instance)
  }
  const { cutShort, events, badLines, firings, duplicates, payloads } = tally
  const eventsPerSecond = Math.round((events * 1000) / Math.max(1, elapsedMs))
  const counts = { events, badLines, firings, duplicates, payloads, sessions: tally.sessions.size, kinds: tally.kinds() }
  return { interrupted, cutShort, elapsedMs: Math.round(elapsedMs), eventsPerSecond, ...counts, ...digest.result() }
}

class Digest {
  readonly #statuses: Record<Status, number> = {
    unstarted: 0,
    scheduled: 0,
    running: 0,
    finished: 0,
    failed: 0,
    replayed: 0,
    skipped: 0,
    abandoned: 0,
  }
  readonly #tasks = new Map<string, { instances: Partial<Record<Status, number>>; sample: string | null }>()
  readonly #failures = new Groups<{ reason: string }>()
  readonly #waiting = new Groups<{ triggers: readonly string[] }>()
  readonly #abandoned = new Groups<{ triggers: readonly string[] }>()

  constructor(tasks: readonly string[]) {
    for (const task of tasks) this.#tasks.set(task, { instances: {}, sample: null })
  }

  add(uid: string, { task, status, result, error, waitsFor, abandonState }: InstanceView): void {
    this.#statuses[status] += 1
    this.#addToTask(task, status, result)
    if (status === 'failed') this.#failures.add(task, uid, { reason: reasonOf(error) })
    if (status === 'unstarted') this.#waiting.add(task, uid, { triggers: [...waitsFor].sort() })
    if (status === 'abandoned') this.#abandoned.add(task, uid, { triggers: [...abandonState].sort() })
  }

  result(): Pick<Summary, 'instances' | 'tasks' | 'failures' | 'waiting' | 'abandoned'> {
    return {
      instances: this.#statuses,
      tasks: [...this.#tasks].map(([task, counts]) => ({ task, ...counts })),
      failures: this.#failures.largestFirst(),
      waiting: this.#waiting.largestFirst(),
      abandoned: this.#abandoned.largestFirst(),
    }
  }

  #addToTask(task: string, status: Status, result: InstanceView['result']): void {
    const counts = this.#tasks.get(task) ?? { instances: {}, sample: null }
    counts.instances[status] = (counts.instances[status] ?? 0) + 1
    counts.sample ??= status === 'finished' ? sampleOf(result) : null
    this.#tasks.set(task, counts)
  }
}

class Groups<TCommon extends object> {
  readonly #groups = new Map<string, Group & TCommon & { count: number }>()

  add(task: string, example: string, common: TCommon): void {
    const key = JSON.stringify([task, common])
    const group = this.#groups.get(key)
    if (group === undefined) this.#groups.set(key, { task, count: 1, example, ...common })
    else group.count += 1
  }

  largestFirst(): readonly (Group & TCommon)[] {
    return [...this.#groups.values()].sort((left, right) => right.count - left.count)
  }
}

function reasonOf(error: InstanceView['error']): string {
  return error === null ? 'no reason is stored' : printable(`${error.type}: ${error.message}`)
}

function sampleOf(result: InstanceView['result']): string | null {
  if (typeof result !== 'object' || result === null || !('summary' in result)) return null
  const { summary } = result
  return typeof summary === 'string' ? printable(summary) : null
}
