import type { JsonObject } from './json.js'

/** One task of a session's configuration, normalised: every directive is present, and nothing is listed twice. */
export interface TaskConfiguration {
  /** The triggers that must all have fired, `andEvery` included; without duplicates. */
  readonly after: readonly string[]
  /** The trigger whose every firing gets an instance of its own. */
  readonly andEvery: string | null
  /** The triggers that, once all have fired, keep the task from running; without duplicates. */
  readonly unless: readonly string[]
  /** Static kwargs, merged under those of the triggers. */
  readonly withParams: JsonObject
  /** The name of the task function. */
  readonly run: string
  /** The key of the runner; `null` leaves it to the manager and the application. */
  readonly using: string | null
  /** Custom directives, as given. */
  readonly extras: JsonObject
}

/** A configuration, in the order of its tasks. */
export type TaskConfigurations = readonly (readonly [name: string, task: TaskConfiguration])[]
