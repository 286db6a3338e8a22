import { TriggerkitError } from '@triggerkit/contracts'
import type { Clock, Duration, JsonObject, Storage } from '@triggerkit/contracts'
import type { TriggersOptions } from '@triggerkit/engine'
import { VirtualClock } from './virtual-clock.js'

/** The options of a test's application: pass the application's own, of which storage and runners are replaced. */
export interface TestbedOptions extends Omit<TriggersOptions, 'storage' | 'runners'> {
  /**
   * Where sessions are kept. Default: memory, on the virtual clock. A function gets the virtual time and makes a storage in
   * memory that uses it; a storage object keeps its own time, and then the testbed has no virtual clock.
   */
  readonly storage?: Storage | ((now: () => number) => Storage)
  /** The application's runners, or their keys. Only the keys count: the testbed runs everything in this process. */
  readonly runners?: readonly string[] | Readonly<Record<string, unknown>>
  /** A {@link VirtualClock} that several testbeds share. */
  readonly clock?: Clock
  /** The session's uid. Default: a fresh one. */
  readonly uid?: string
  /** How many times tasks may run from one `drain` to the next before they count as endless. Default 10,000. */
  readonly maxRuns?: number
}

export interface DrainOptions {
  /** How much real time it may take. Default 4 s, which is less than what Vitest gives a test. */
  readonly timeout?: Duration
}

export interface NewManagerOptions {
  /** The session's uid. Default: a fresh one. */
  readonly uid?: string
  /** The key of the manager class. Default: the application's. */
  readonly manager?: string
}

export interface RunTaskOptions {
  /** The kwargs by trigger; without any, the task is triggered by `started`. */
  readonly kwargs?: Readonly<Record<string, JsonObject>>
  readonly withParams?: JsonObject
  /** Custom directives. */
  readonly extras?: JsonObject
  /** The key of the manager class. Default: the application's. */
  readonly manager?: string
}

/**
 * How long a process counts as living, and how often it looks around: in virtual time that costs nothing, and the
 * longer it is, the faster weeks pass.
 */
export const UNHURRIED = { lease: '4d', sweepEvery: '1d' } as const

/** The keys of the runners that options name; the default one, if they name any, comes first. */
export function runnerKeys({ runner, runners = [], managers = {} }: TestbedOptions): readonly string[] {
  const named = Array.isArray(runners) ? (runners as readonly string[]) : Object.keys(runners)
  const defaults = Object.values(managers).flatMap(({ defaultRunner }) => defaultRunner ?? [])
  return [...new Set([...(runner === undefined ? [] : [runner]), ...named, 'inline', ...defaults])]
}

/** The virtual clock of a testbed; `null` where its storage keeps its own time. @throws `InvalidArgument` */
export function clockOf({ storage, clock }: TestbedOptions): VirtualClock | null {
  if (clock !== undefined && !(clock instanceof VirtualClock)) {
    throw new TriggerkitError('InvalidArgument', 'createTestbed: this clock is not a VirtualClock. Give one, or none.')
  }
  if (typeof storage !== 'object') return clock ?? new VirtualClock()
  if (clock === undefined) return null
  throw new TriggerkitError('InvalidArgument', 'createTestbed: this storage keeps its own time. Give no clock, or give the storage as a function of `now`.')
}

/** @throws `InvalidArgument` */
export function maxRunsOf({ maxRuns = 10_000 }: TestbedOptions): number {
  if (Number.isInteger(maxRuns) && maxRuns > 0) return maxRuns
  throw new TriggerkitError('InvalidArgument', `createTestbed: maxRuns: ${String(maxRuns)} is invalid; give a whole number above 0.`)
}
