import { TriggerkitError } from '@triggerkit/contracts'
import type { JsonValue, LogEntry, TaskCall, TaskPort } from '@triggerkit/contracts'
import type { Engine } from './engine.js'
import { toPlain } from './error-record.js'
import type { TriggerManager } from './trigger-manager.js'

/** What a task may call from where only plain data reaches: methods whose arguments and answers are JSON. */
const REMOTE_METHODS: ReadonlySet<string> = new Set([
  'fire',
  'updateConfiguration',
  'replayFailedInstance',
  'skipFailedInstance',
  'updateInstanceStatus',
  'updateInstanceMetadata',
  'markInstanceLogsResolved',
  'cancelInstance',
  'cloneInstance',
  'createInstance',
  'tasks',
  'instance',
  'instances',
  'instancesOfTask',
  'latestKwargs',
  'metadata',
  'unresolvedTasks',
  'unresolvedInstances',
  'instancesWithUnresolvedLogs',
  'debugView',
])

const LOG_METHODS = { NOTSET: 'debug', DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error' } as const

/** The port of an execution whose commands go through that manager. */
export function managerPort(engine: Engine, manager: TriggerManager, { uid, instance }: TaskCall): TaskPort {
  const { logger } = engine.settings
  return {
    manager,
    async call(method, args): Promise<JsonValue> {
      if (!REMOTE_METHODS.has(method)) throw new TriggerkitError('InvalidArgument', `A task can't call ${JSON.stringify(method)} of its manager.`)
      const methods = manager as unknown as Record<string, (...args: readonly JsonValue[]) => Promise<unknown>>
      return toPlain(await methods[method]?.(...args), 64)
    },
    log({ level, message, meta }: LogEntry): void {
      logger[LOG_METHODS[level]](message, { uid, instance, ...meta })
    },
  }
}
