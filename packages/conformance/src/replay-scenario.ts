import { isTriggerkitError } from '@triggerkit/contracts'
import type { JsonValue, Runner, Storage } from '@triggerkit/contracts'
import { createTriggers, TriggerManager } from '@triggerkit/engine'
import type { Triggers } from '@triggerkit/engine'
import { behaviours, DEFAULT_RETRY_LIMIT } from './behaviours.js'
import { firstDifference } from './first-difference.js'
import type { Difference } from './first-difference.js'
import { observe } from './observe.js'
import { QueueRunner } from './queue-runner.js'
import type { Expectation, Operation, Scenario } from './scenario.js'
import { StepRunner } from './step-runner.js'

/** What a replay needs from its caller. */
export interface ScenarioEnvironment {
  /** Opens a storage object over the same data each time. */
  readonly open: () => Storage | Promise<Storage>
  /** The uid of a session that doesn't exist yet. */
  readonly uid: string
  /**
   * Makes the runner that executes each step's job, in whose reach `behaviours(retryLimit)` are. Without it the application
   * that handed it over does.
   */
  readonly runner?: ScenarioRunner
}

/** Makes a runner that is not started yet; the replay closes it. */
export type ScenarioRunner = (retryLimit: number) => Runner | Promise<Runner>

/** The step at which a replay first differed from the recording. */
export interface ScenarioFailure extends Difference {
  /** The step's number, from 1. */
  readonly step: number
  readonly operation: string
}

const MANAGER_KEY = 'recording'

/**
 * Replays a recorded scenario through engine, storage and a queueing runner, with a fresh application for each operation,
 * and compares everything after every step.
 * @returns the first difference, or nothing if there is none
 */
export async function replayScenario(scenario: Scenario, environment: ScenarioEnvironment): Promise<ScenarioFailure | undefined> {
  const runner = await environment.runner?.(retryLimitOf(scenario))
  const steps = runner === undefined ? null : await StepRunner.start(runner)
  try {
    return await firstFailure(scenario, new Replay(scenario, environment, steps))
  } finally {
    await steps?.close()
  }
}

async function firstFailure({ steps }: Scenario, replay: Replay): Promise<ScenarioFailure | undefined> {
  for (const [index, { expect, ...operation }] of steps.entries()) {
    const observed = await replay.carryOut(operation as Operation)
    const difference = firstDifference(observable(expect), observed)
    if (difference !== undefined) return { step: index + 1, operation: operation.op, ...difference }
  }
  return undefined
}

/** What can be observed of an expectation: the type that the original raised is not ours to repeat, and JSON writes -0 as 0. */
function observable({ error, ...rest }: Expectation): JsonValue {
  return JSON.parse(JSON.stringify({ error: error && { kind: error.kind }, ...rest })) as JsonValue
}

function retryLimitOf({ maxRetries }: Scenario): number {
  return maxRetries ?? DEFAULT_RETRY_LIMIT
}

class Replay {
  readonly #environment: ScenarioEnvironment
  readonly #tasks: ReturnType<typeof behaviours>
  readonly #queue: QueueRunner
  readonly #steps: StepRunner | null

  constructor(scenario: Scenario, environment: ScenarioEnvironment, steps: StepRunner | null) {
    this.#environment = environment
    this.#steps = steps
    this.#tasks = behaviours(retryLimitOf(scenario))
    this.#queue = new QueueRunner(this.#tasks.map(({ name }) => name))
  }

  async carryOut(operation: Operation): Promise<JsonValue> {
    const hooks: JsonValue[] = []
    const executed: string[] = []
    let error: string | null = null
    await this.#withTriggers(hooks, async (triggers) => {
      try {
        await this.#do(triggers, operation, executed)
      } catch (thrown) {
        error = kindOf(thrown)
      }
    })
    let observed: JsonValue = null
    await this.#withTriggers([], async (triggers) => {
      observed = await observe(triggers.session(this.#environment.uid), { error, executed, hooks })
    })
    return observed
  }

  async #withTriggers(hooks: JsonValue[], body: (triggers: Triggers) => Promise<void>): Promise<void> {
    const triggers = createTriggers({
      storage: await this.#environment.open(),
      runners: { queue: this.#queue },
      managers: { [MANAGER_KEY]: recordingManager(hooks) },
      manager: MANAGER_KEY,
      // With a runner of their own, none of them may run here.
      tasks: this.#steps === null ? this.#tasks : [],
      logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    })
    try {
      await body(triggers)
    } finally {
      await triggers.close()
    }
  }

  async #do(triggers: Triggers, operation: Operation, executed: string[]): Promise<void> {
    const manager = triggers.manager(this.#environment.uid)
    switch (operation.op) {
      case 'drain':
        while (await this.#step(triggers, executed));
        return
      case 'step':
        await this.#step(triggers, executed)
        return
      default:
        await command(manager, operation)
    }
  }

  /** Executes the first entry of the queue; a stale one is removed, and nothing else happens. */
  async #step(triggers: Triggers, executed: string[]): Promise<boolean> {
    const job = this.#queue.take()
    if (job === undefined) return false
    const { outcome } = await (this.#steps === null ? triggers.execute(job) : this.#steps.step(job, (taken, invoke) => triggers.execute(taken, invoke)))
    if (outcome !== 'dropped') executed.push(job.instance)
    return true
  }
}

async function command(manager: TriggerManager, operation: Exclude<Operation, { op: 'drain' | 'step' }>): Promise<unknown> {
  switch (operation.op) {
    case 'updateConfiguration':
      return manager.updateConfiguration(operation.configuration, { catchUp: false })
    case 'fire':
      return manager.fire(operation.trigger, operation.kwargs ?? {})
    case 'replayFailedInstance':
      return manager.replayFailedInstance(operation.instance, operation.replacementKwargs)
    case 'skipFailedInstance':
      return manager.skipFailedInstance(operation.instance, { cascade: operation.cascade, result: operation.result ?? {} })
    case 'updateInstanceStatus':
      return manager.updateInstanceStatus(operation.instance, operation.status, {
        metadata: operation.metadata ?? {},
        cascade: operation.cascade,
        cascadeKwargs: operation.cascadeKwargs ?? {},
      })
    case 'updateInstanceMetadata':
      return manager.updateInstanceMetadata(operation.instance, operation.metadata)
    case 'markInstanceLogsResolved':
      return manager.markInstanceLogsResolved(operation.instance)
    case 'cloneInstance':
      return manager.cloneInstance(operation.instance)
  }
}

/** A manager class whose hooks write into a list. */
function recordingManager(hooks: JsonValue[]): typeof TriggerManager {
  return class extends TriggerManager {
    protected override postFire(trigger: string, scheduled: readonly string[]): void {
      hooks.push(['postFire', trigger, scheduled])
    }

    protected override postReplay(original: string): void {
      hooks.push(['postReplay', original])
    }

    protected override postSkip(instance: string, cascade: boolean): void {
      hooks.push(['postSkip', instance, cascade])
    }
  }
}

/** The recording's name for an error of the engine's; what has none goes up. */
function kindOf(thrown: unknown): string {
  if (!isTriggerkitError(thrown)) throw thrown
  if (thrown.code !== 'SchedulingRefused') return thrown.code
  return thrown.details['reason'] === 'UnknownRunner' ? 'UnknownRunner' : 'UnknownTaskType'
}
