import { API_VERSION, TriggerkitError } from '@triggerkit/contracts'
import type { Clock, Runner, RunnerCapabilities, RunnerDescriptor } from '@triggerkit/contracts'

/** What the runner suite needs to know about a runner, and how it makes one. */
export interface RunnerEnvironment {
  /** The package's description of itself; each runner is tested for its capabilities. */
  readonly descriptor: Pick<RunnerDescriptor, 'kind' | 'key' | 'package' | 'apiVersion' | 'capabilities'>
  /** Creates an empty place: a queue that no other case sees. */
  readonly place: () => RunnerPlace | Promise<RunnerPlace>
  /**
   * Whether the runner passes `invoke` because its code runs where there is no engine, such as in a Web Worker. The far side
   * must then know `conformanceTasks`. Default: no.
   */
  readonly elsewhere?: boolean
  /**
   * The milliseconds that all waits of one case may take together; then it fails, saying what it waited for. Keep it below
   * the time limit of the test framework. Default: 4,000.
   */
  readonly patience?: number
}

/** Where one case works: a queue, and the time that passes there. */
export interface RunnerPlace {
  /** A new runner object over the same queue; without a queue outside the process, just a new one. */
  readonly open: () => Runner | Promise<Runner>
  /** Lets so many milliseconds pass. Default: real time; with a virtual `clock`, advance it. */
  readonly wait?: (milliseconds: number) => Promise<void>
  /** The clock that runners are given. Default: the platform's. Give it if and only if you give `wait`. */
  readonly clock?: Clock
  /** Removes the place, after its runners were closed. */
  readonly destroy?: () => void | Promise<void>
}

/** What decides which cases count: declared capabilities, and where the code runs. */
export interface RunnerSuiteTraits extends RunnerCapabilities {
  readonly elsewhere: boolean
}

const CAPABILITIES = ['durable', 'delays', 'cancels'] as const

/**
 * The traits of a runner, from what is declared.
 * @throws `UnsupportedAdapter` for another version of the ports
 * @throws `InvalidArgument` for anything but a runner's descriptor
 */
export function traitsOf({ descriptor, elsewhere = false }: RunnerEnvironment): RunnerSuiteTraits {
  const { kind, key, capabilities, apiVersion } = descriptor
  if (apiVersion !== API_VERSION) throw unsupported(descriptor)
  if (kind !== 'runner') throw invalid(`its kind is ${JSON.stringify(kind)}; give the descriptor of a runner`)
  if (typeof key !== 'string' || key === '') throw invalid('its key must be a non-empty string')
  const vague = CAPABILITIES.find((name) => typeof capabilities?.[name] !== 'boolean')
  if (vague !== undefined) throw invalid(`its capabilities must state true or false for ${vague}`)
  return { ...capabilities, elsewhere }
}

function unsupported({ package: name, apiVersion }: RunnerEnvironment['descriptor']): TriggerkitError {
  const message = `${name} is made for version ${String(apiVersion)} of the ports, this suite tests version ${API_VERSION}. Use releases that belong together.`
  return new TriggerkitError('UnsupportedAdapter', message, { details: { package: name, apiVersion, supported: API_VERSION } })
}

function invalid(fault: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `The descriptor given to runnerSuite is invalid: ${fault}.`)
}
