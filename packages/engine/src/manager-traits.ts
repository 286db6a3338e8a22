import { LOG_LEVELS } from '@triggerkit/contracts'
import type { Acceptance, Logger, Runner, TaskConfigurations } from '@triggerkit/contracts'
import { parseConfiguration } from '@triggerkit/config'
import type { RunnerTraits, Runners } from '@triggerkit/core'
import type { Engine } from './engine.js'
import type { Settings } from './options.js'
import { checkedReactions } from './reactions.js'
import type { Reactions } from './reactions.js'
import type { ManagerClass, TriggerManager } from './trigger-manager.js'

/** What the engine must know of a manager class to carry out its sessions' commands. */
export interface ManagerTraits {
  readonly key: string
  readonly managerClass: ManagerClass
  /** The runners, the default being the class's or else the application's. */
  readonly runners: Runners
  readonly unresolvedLogs: number
  /** The class's reactions; `undefined` without them. */
  readonly react: Reactions | undefined
  /** The configuration of sessions that have none yet. */
  readonly configuration: TaskConfigurations | undefined
}

/** Whether the engine's own registry answers for a task function, and whether it is the one that will run it. */
export interface OwnTasks {
  has(run: string): boolean
  executes(): boolean
}

/** The traits of every manager, by key. */
export function managerTraits(settings: Settings, tasks: OwnTasks): ReadonlyMap<string, ManagerTraits> {
  const runners = new Map([...settings.runners].map(([key, runner]) => [key, runnerTraits(runner, tasks)]))
  const common = parsed(settings.configuration, settings.logger)
  return new Map(
    [...settings.managers].map(([key, managerClass]) => {
      const traits: ManagerTraits = {
        key,
        managerClass,
        runners: { default: managerClass.defaultRunner ?? settings.runner, get: (runner) => runners.get(runner) },
        // From NOTSET on means from any message on: what logged nothing needs no attention.
        unresolvedLogs: LOG_LEVELS[managerClass.unresolvedLogLevel] || LOG_LEVELS.DEBUG,
        react: managerClass.react && checkedReactions(managerClass.react.bind(managerClass), key, settings.maxPayloadBytes),
        configuration: parsed(managerClass.configuration ?? undefined, settings.logger) ?? common,
      }
      return [key, traits] as const
    }),
  )
}

/** The hooks for a command that nobody gave: it fires nothing itself, but what the class's reactions add to it may. */
export function ownHooks(engine: Engine, uid: string, traits: ManagerTraits): TriggerManager['hooks'] {
  return traits.react && new traits.managerClass({ engine, uid, traits }).hooks
}

function parsed(configuration: unknown, logger: Logger): TaskConfigurations | undefined {
  if (configuration === undefined) return undefined
  const { tasks, warnings } = parseConfiguration(configuration)
  for (const { path, message } of warnings) logger.warn(`Configuration: ${path}: ${message}`)
  return tasks
}

// A runner without `accepts` runs this engine's functions. A process that doesn't execute can't know what those that do have.
function runnerTraits(runner: Runner, tasks: OwnTasks): RunnerTraits {
  const { durable, delays } = runner.capabilities
  if (runner.accepts !== undefined) return { durable, delays, accepts: (run) => asked(runner, run) }
  return { durable, delays, accepts: (run) => (tasks.has(run) ? 'yes' : tasks.executes() ? 'no' : 'unknown') }
}

// A transition must not break off halfway because of a runner: one that can't tell takes every name.
function asked(runner: Runner, run: string): Acceptance {
  try {
    return runner.accepts?.(run) ?? 'unknown'
  } catch {
    return 'unknown'
  }
}
