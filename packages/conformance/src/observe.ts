import type { ErrorRecord, JsonObject, JsonValue } from '@triggerkit/contracts'
import type { InstanceView, SessionView } from '@triggerkit/engine'

interface Happened {
  readonly error: string | null
  readonly executed: readonly string[]
  readonly hooks: readonly JsonValue[]
}

/** A session as the recordings describe it. */
export async function observe(session: SessionView, { error, executed, hooks }: Happened): Promise<JsonObject> {
  const instances = await session.instances()
  return {
    error: error === null ? null : { kind: error },
    instances: Object.fromEntries(instances.map((instance) => [instance.name, describe(instance)])),
    latestKwargs: await session.latestKwargs(),
    unresolvedTasks: [...(await session.unresolvedTasks())].sort(),
    unresolvedInstances: names(await session.unresolvedInstances()),
    instancesWithUnresolvedLogs: names(await session.instancesWithUnresolvedLogs()),
    executed,
    hooks,
  }
}

function names(instances: readonly InstanceView[]): readonly string[] {
  return instances.map(({ name }) => name).sort()
}

function describe(instance: InstanceView): JsonObject {
  const { task, status, kwargs, abandonState, parent, depth, result, actualKwargs, logLevelName, logsResolved, error, metadata } = instance
  return {
    task,
    status,
    kwargs,
    abandonState: [...abandonState].sort(),
    parent,
    depth,
    result,
    actualKwargs,
    logLevel: logLevelName === 'NOTSET' ? null : logLevelName,
    logsResolved,
    exceptionType: error === null ? null : exceptionType(error),
    metadata,
  }
}

/** The recording's name for the type of an error that an instance keeps. */
function exceptionType({ type, code, context }: ErrorRecord): string {
  if (code === 'InvalidResult') return 'ValueError'
  if (code === 'SchedulingRefused') return context['reason'] === 'UnknownRunner' ? 'RegistryKeyError' : 'ValueError'
  return code ?? type
}
