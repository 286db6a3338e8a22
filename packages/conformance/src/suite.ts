/*
 * A suite is data: cases that hold an adapter to one promise of its port each. Whoever tests an adapter takes the suite's
 * tests and gives them to a test framework, or has them run for a report; nothing here knows any framework.
 */

/** One promise of a port. `TCapabilities` is what an adapter declares; `TPlace` is where one case works. */
export interface ConformanceCase<TCapabilities, TPlace> {
  /** Stable, such as `storage/commit/older-version-conflicts`. */
  readonly id: string
  /** The promise in one sentence, in the port's words. */
  readonly promise: string
  /** What must be declared, and how, for the case to count. A missing capability's refusal is a case that requires `false`. */
  readonly requires: Partial<TCapabilities>
  /** Rejects where the promise is broken. */
  readonly run: (place: TPlace) => Promise<void>
}

/** A case, bound to one adapter. */
export interface SuiteTest {
  readonly id: string
  readonly promise: string
  /** Which declared capability makes the case meaningless; `null` where it counts. */
  readonly skipped: string | null
  /** Runs the case in a place of its own, which is cleared away whatever happens. */
  readonly run: () => Promise<void>
}

/** Binds cases to an adapter. `withPlace` makes a place, lends it and clears it away. */
export function bindSuite<TCapabilities extends object, TPlace>(
  cases: readonly ConformanceCase<TCapabilities, TPlace>[],
  capabilities: TCapabilities,
  withPlace: (use: (place: TPlace) => Promise<void>) => Promise<void>,
): readonly SuiteTest[] {
  return cases.map(({ id, promise, requires, run }) => ({
    id,
    promise,
    skipped: unmet(requires, capabilities),
    run: () => withPlace(run),
  }))
}

function unmet<TCapabilities extends object>(requires: Partial<TCapabilities>, capabilities: TCapabilities): string | null {
  const names = Object.keys(requires) as (keyof TCapabilities)[]
  const missing = names.find((name) => requires[name] !== capabilities[name])
  return missing === undefined ? null : `declares ${String(missing)}: ${JSON.stringify(capabilities[missing])}`
}
