/**
 * The state of one session, as the state machine sees it.
 *
 *                      ┌────────────┐  unless complete   ┌───────────┐
 *        created ────► │ unstarted  │ ─────────────────► │ abandoned │
 *                      └─────┬──────┘                    └───────────┘
 *          after complete    │
 *                      ┌─────▼──────┐   begin    ┌─────────┐  finish   ┌──────────┐
 *   ┌── requeue ─────► │ scheduled  │ ─────────► │ running │ ────────► │ finished │ ─► cascade
 *   │                  └─────┬──────┘            └─┬─────┬─┘           └──────────┘
 *   └──────────── lost ──────┴─────────────────────┘     │ fail, retry
 *                                                   ┌────▼───┐  replay  ┌──────────┐
 *                                                   │ failed │ ───────► │ replayed │ ─► clone, scheduled
 *                                                   └────┬───┘          └──────────┘
 *                                                        │ skip   ┌─────────┐
 *                                                        └──────► │ skipped │
 *                                                                 └─────────┘
 *   Besides, any status can be set by hand, and a running task may skip itself.
 *
 * Invariants, checked by `invariants.ts`:
 *   C1  An instance's number is below its task's count, and no two instances share a name.
 *   C2  Every firing that an instance refers to is of a trigger that was fired in the session.
 *   C3  Only `scheduled` and `running` instances have a hand-over; its revision is at most the task's.
 *   C4  An instance that has a hand-over has a round and an attempt of at least 1, and a `running` one has used kwargs.
 *   C5  The working set holds exactly the unresolved instances.
 *   C6  A task's log counters equal what its instances add up to.
 *   C7  Tasks are numbered 0, 1, 2, … in the order in which they were first configured.
 */
import type { JsonObject, LogLevelName, TaskConfiguration } from '@triggerkit/contracts'

/** The status of an instance. */
export type InstanceStatus = 'unstarted' | 'scheduled' | 'running' | 'finished' | 'failed' | 'replayed' | 'skipped' | 'abandoned'

/** What is true of the session as a whole. */
export interface Session {
  readonly format: number
  /** The key of the manager that the session belongs to. */
  readonly manager: string
  readonly created: number
}

export interface Task {
  readonly name: string
  /** The place in the order of first configuration, from 0. */
  readonly index: number
  readonly configuration: TaskConfiguration
  /** Rises by one whenever the configuration is replaced; 0 at first. */
  readonly revision: number
}

/** What a task's instances add up to. */
export interface TaskCounters {
  /** How many instances were ever created: the number of the next one. */
  readonly count: number
  /** How many have relevant logs, not marked as resolved, whose level is WARNING. */
  readonly warnings: number
  /** Likewise for ERROR. */
  readonly errors: number
}

/** The firing that an instance got of each trigger: trigger and firing id. A list, since any name is a trigger's. */
export type Firings = readonly (readonly [trigger: string, firing: string])[]

/** Kwargs that were given to an instance as a whole, by a replay or by hand; the payload lies in the archive. */
export interface Replacement {
  readonly payload: string
  /** The triggers for which it has kwargs. */
  readonly triggers: readonly string[]
}

/** An instance given to a runner, and executed by whom. */
export interface HandOver {
  /** The configuration revision that was current at scheduling, with its `run` and the runner chosen by it. */
  readonly revision: number
  readonly run: string
  readonly runner: string
  /** The process whose memory holds the job, or that executes it. */
  readonly owner: string | null
  readonly notBefore: number | null
  /** When it was scheduled, requeued or begun. */
  readonly since: number
}

/** From what the kwargs of the latest execution were made. */
export interface UsedKwargs {
  readonly revision: number
  readonly firings: Firings
  readonly replacement: Replacement | null
}

/** Milliseconds since 1970: the true creation, the last change, and when each status was last reached. */
export type Timestamps = { readonly created: number; readonly lastModified: number } & {
  readonly [status in InstanceStatus]?: number
}

/** One run of a task, as JSON. Payloads are referred to, never held. */
export interface Instance {
  readonly name: string
  readonly task: string
  readonly number: number
  readonly status: InstanceStatus
  readonly firings: Firings
  readonly replacement: Replacement | null
  /** The triggers of `unless` that count as fired. */
  readonly abandonState: readonly string[]
  readonly parent: string | null
  readonly depth: number
  /** Milliseconds that the instance had to wait before it could run. */
  readonly cooldown: number | null
  /** The fencing token: rises with each begin, and with whatever ends a hand-over or an execution. */
  readonly epoch: number
  readonly round: number
  readonly attempt: number
  /** How often an execution of this round was lost. */
  readonly losses: number
  readonly handOver: HandOver | null
  readonly used: UsedKwargs | null
  /** The archive key of the result. */
  readonly result: string | null
  /** The type of the stored error; the rest of it lies in the archive. */
  readonly errorType: string | null
  readonly logLevel: LogLevelName
  readonly logsMarked: boolean
  readonly metadata: JsonObject
  readonly timestamps: Timestamps
}

export const NO_COUNTERS: TaskCounters = { count: 0, warnings: 0, errors: 0 }

/**
 * What an instance starts with; records leave out what equals it. It has every field, because a copy to which fields are
 * added costs engines fifty times as much as one whose fields are replaced.
 */
export const BLANK_INSTANCE: Instance = {
  name: '',
  task: '',
  number: 0,
  status: 'unstarted',
  firings: [],
  replacement: null,
  abandonState: [],
  parent: null,
  depth: 0,
  cooldown: null,
  epoch: 0,
  round: 0,
  attempt: 0,
  losses: 0,
  handOver: null,
  used: null,
  result: null,
  errorType: null,
  logLevel: 'NOTSET',
  logsMarked: false,
  metadata: {},
  timestamps: { created: 0, lastModified: 0 },
}
