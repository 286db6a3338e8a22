import type { JsonObject, JsonValue } from '@triggerkit/contracts'
import { TriggerkitError } from '@triggerkit/contracts'
import type { InstanceStatus } from '@triggerkit/engine'

/** What a scenario does in one step. */
export type Operation =
  | { readonly op: 'updateConfiguration'; readonly configuration: JsonObject }
  | { readonly op: 'fire'; readonly trigger: string; readonly kwargs: JsonObject | null }
  | { readonly op: 'drain' | 'step' }
  | { readonly op: 'replayFailedInstance'; readonly instance: string; readonly replacementKwargs: JsonObject | null }
  | { readonly op: 'skipFailedInstance'; readonly instance: string; readonly cascade: boolean; readonly result: JsonObject | null }
  | {
      readonly op: 'updateInstanceStatus'
      readonly instance: string
      readonly status: InstanceStatus
      readonly metadata: JsonObject | null
      readonly cascade: boolean
      readonly cascadeKwargs: JsonObject | null
    }
  | { readonly op: 'updateInstanceMetadata'; readonly instance: string; readonly metadata: JsonObject }
  | { readonly op: 'markInstanceLogsResolved' | 'cloneInstance'; readonly instance: string }

/** The complete observable state after a step, in the recording's own words. */
export interface Expectation {
  readonly error: { readonly kind: string; readonly pythonType?: string } | null
  readonly instances: JsonObject
  readonly latestKwargs: JsonObject
  readonly unresolvedTasks: readonly string[]
  readonly unresolvedInstances: readonly string[]
  readonly instancesWithUnresolvedLogs: readonly string[]
  readonly executed: readonly string[]
  readonly hooks: readonly JsonValue[]
}

export type ScenarioStep = Operation & { readonly expect: Expectation }

/** A recorded sequence of operations on one initially empty session. */
export interface Scenario {
  readonly name: string
  readonly source?: string
  /** The limit of the `retrySelf` behaviour; 3 unless given. */
  readonly maxRetries?: number
  readonly steps: readonly ScenarioStep[]
}

const FORMAT_VERSION = 1

/**
 * The scenarios in a file's text.
 * @throws `UnsupportedFormat` for what is no scenario file of format version 1
 */
export function parseScenarios(text: string, name: string): readonly Scenario[] {
  const file = parse(text, name)
  if (file.formatVersion === FORMAT_VERSION && Array.isArray(file.scenarios)) return file.scenarios
  throw unsupported(name, `its formatVersion is ${JSON.stringify(file.formatVersion)}, and ${FORMAT_VERSION} is needed`)
}

function parse(text: string, name: string): { formatVersion?: number; scenarios?: readonly Scenario[] } {
  try {
    return (JSON.parse(text) ?? {}) as object
  } catch (cause) {
    throw unsupported(name, 'it is no JSON', cause)
  }
}

function unsupported(name: string, why: string, cause?: unknown): TriggerkitError {
  return new TriggerkitError('UnsupportedFormat', `${name} is no scenario file: ${why}.`, { details: { name }, cause })
}
