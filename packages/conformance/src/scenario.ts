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

const OPERATIONS: ReadonlySet<unknown> = new Set<Operation['op']>([
  'updateConfiguration',
  'fire',
  'drain',
  'step',
  'replayFailedInstance',
  'skipFailedInstance',
  'updateInstanceStatus',
  'updateInstanceMetadata',
  'markInstanceLogsResolved',
  'cloneInstance',
])

/**
 * The scenarios in a file's text.
 * @throws `UnsupportedFormat` for what is no scenario file of format version 1
 */
export function parseScenarios(text: string, name: string): readonly Scenario[] {
  const { formatVersion, scenarios } = parse(text, name)
  if (formatVersion !== FORMAT_VERSION || !Array.isArray(scenarios)) {
    throw unsupported(name, `its formatVersion is ${JSON.stringify(formatVersion)}, and ${FORMAT_VERSION} is needed`)
  }
  for (const [index, scenario] of scenarios.entries()) {
    const fault = faultOf(scenario, index + 1)
    if (fault !== undefined) throw unsupported(name, fault)
  }
  return scenarios as readonly Scenario[]
}

/** What keeps a scenario from being replayed. A step that did nothing would pass where nothing is expected. */
function faultOf(scenario: Partial<Scenario> | null, number: number): string | undefined {
  if (!Array.isArray(scenario?.steps)) return `scenario ${number} has no steps`
  for (const [index, step] of (scenario.steps as readonly (Partial<ScenarioStep> | null)[]).entries()) {
    const place = `step ${index + 1} of ${JSON.stringify(scenario.name)}`
    if (!OPERATIONS.has(step?.op)) return `${place} has the operation ${JSON.stringify(step?.op)}, which the format does not know`
    if (typeof step?.expect !== 'object' || step.expect === null) return `${place} has no expectation`
  }
  return undefined
}

function parse(text: string, name: string): { formatVersion?: number; scenarios?: readonly (Partial<Scenario> | null)[] } {
  try {
    return (JSON.parse(text) ?? {}) as object
  } catch (cause) {
    throw unsupported(name, 'it is no JSON', cause)
  }
}

function unsupported(name: string, why: string, cause?: unknown): TriggerkitError {
  return new TriggerkitError('UnsupportedFormat', `${name} is no scenario file: ${why}.`, { details: { name }, cause })
}
