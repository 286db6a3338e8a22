import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
import type { JsonObject } from '@triggerkit/contracts'
import { checkName, parseConfiguration, toJsonObject } from '@triggerkit/config'
import type { Command, InstanceStatus, InstanceValues } from '@triggerkit/core'
import { conform, declaredSchema } from './check-schema.js'
import { checkStatus } from './check-status.js'
import { DERIVED_ID_MARK } from './derived-ids.js'
import type { Settings } from './options.js'

/** An instance, or its name. Commands always act on the stored one. */
export type InstanceRef = string | { readonly name: string }

export interface CommandOptions {
  /** An idempotency key: a repetition of the command is recognised for as long as commit ids are kept. */
  readonly commandId?: string
}

export interface FireOptions {
  /** An idempotency key: a repetition of the firing is recognised throughout the session's life. */
  readonly id?: string
}

export interface ConfigureOptions extends CommandOptions {
  /** Whether tasks without instances get one from the triggers that have already fired. Default true. */
  readonly catchUp?: boolean
}

export interface SkipOptions extends CommandOptions {
  /** Whether to fire the task's name, as if the instance had finished. Default false. */
  readonly cascade?: boolean
  /** The simulated result. */
  readonly result?: JsonObject
}

export interface StatusOptions extends CommandOptions {
  readonly metadata?: JsonObject
  /** Whether to fire the task's name. Default false. */
  readonly cascade?: boolean
  readonly cascadeKwargs?: JsonObject
}

/** Checks a caller's arguments, and turns them into commands. */
export class CommandMaker {
  readonly #settings: Settings
  readonly #ownIds: string | undefined

  /** @param ownIds - with what derived ids begin that may be given, as they were told by `OutcomeUnknown` */
  constructor(settings: Settings, ownIds?: string) {
    this.#settings = settings
    this.#ownIds = ownIds
  }

  /** @throws `InvalidName`, `InvalidKwargs`, `InvalidArgument`, `InvalidPayload`, `PayloadTooLarge` */
  fire(trigger: string, kwargs: JsonObject | undefined, id: string | undefined): Command {
    checkName('trigger', trigger)
    const fire: Command = { type: 'fire', trigger, kwargs: this.#kwargs(trigger, kwargs) }
    return id === undefined ? fire : { ...fire, id: this.#checkId(id) }
  }

  /** @throws `InvalidConfiguration` listing every fault */
  configure(configuration: unknown, { catchUp = true, commandId }: ConfigureOptions): Command {
    const { tasks, warnings } = parseConfiguration(configuration)
    for (const { path, message } of warnings) this.#settings.logger.warn(`Configuration: ${path}: ${message}`)
    return { type: 'configure', tasks, catchUp, ...this.#idOf(commandId) }
  }

  replay(instance: InstanceRef, replacementKwargs: JsonObject | null | undefined, { commandId }: CommandOptions): Command {
    const kwargs = replacementKwargs ?? null
    const replacement = kwargs === null ? null : this.#payload(kwargs, 'replacementKwargs')
    return { type: 'replay', instance: nameOf(instance), replacementKwargs: replacement, ...this.#idOf(commandId) }
  }

  skip(instance: InstanceRef, { cascade = false, result, commandId }: SkipOptions): Command {
    return { type: 'skip', instance: nameOf(instance), cascade, result: this.#payload(result, 'result'), ...this.#idOf(commandId) }
  }

  /** @throws `InvalidArgument` for an unknown status */
  setStatus(instance: InstanceRef, status: InstanceStatus, options: StatusOptions): Command {
    const { metadata, cascade = false, cascadeKwargs, commandId } = options
    checkStatus(status)
    return {
      type: 'setStatus',
      instance: nameOf(instance),
      status,
      metadata: this.#payload(metadata, 'metadata'),
      cascade,
      cascadeKwargs: this.#payload(cascadeKwargs, 'cascadeKwargs'),
      ...this.#idOf(commandId),
    }
  }

  setMetadata(instance: InstanceRef, metadata: JsonObject, { commandId }: CommandOptions): Command {
    return { type: 'setMetadata', instance: nameOf(instance), metadata: this.#payload(metadata, 'metadata'), ...this.#idOf(commandId) }
  }

  ofInstance(type: 'markLogs' | 'cancel' | 'clone', instance: InstanceRef, { commandId }: CommandOptions): Command {
    return { type, instance: nameOf(instance), ...this.#idOf(commandId) }
  }

  create(task: string, values: InstanceValues, { commandId }: CommandOptions): Command {
    const { status, kwargs, abandonState, metadata } = values
    if (status !== undefined) checkStatus(status)
    return {
      type: 'create',
      task: checkName('task', task),
      values: {
        ...(status !== undefined && { status }),
        ...(kwargs !== undefined && { kwargs: this.#payload(kwargs, 'kwargs') }),
        ...(abandonState !== undefined && { abandonState: abandonState.map((trigger) => checkName('trigger', trigger)) }),
        ...(metadata !== undefined && { metadata: this.#payload(metadata, 'metadata') }),
      },
      ...this.#idOf(commandId),
    }
  }

  #idOf(id: string | undefined): { id?: string } {
    return id === undefined ? {} : { id: this.#checkId(id) }
  }

  #checkId(id: string): string {
    checkName('id', id)
    const kept = id.startsWith(DERIVED_ID_MARK) && (this.#ownIds === undefined || !id.startsWith(this.#ownIds))
    if (!kept) return id
    throw new TriggerkitError('InvalidName', `The id ${JSON.stringify(id)} begins with "${DERIVED_ID_MARK}", which is reserved for commands of running tasks.`)
  }

  #kwargs(trigger: string, given: JsonObject | undefined): JsonObject {
    const schema = declaredSchema(this.#settings.workflow, trigger)
    if (schema === null) return this.#payload(given, 'kwargs')
    const kwargs = conform(schema, given ?? {}, 'kwargs', trigger)
    try {
      return this.#payload(kwargs, 'kwargs')
    } catch (error) {
      throw isTriggerkitError(error, 'InvalidPayload') ? madeBySchema(error, trigger) : error
    }
  }

  #payload(value: unknown, path: string): JsonObject {
    return toJsonObject(value, path, { maxBytes: this.#settings.maxPayloadBytes })
  }
}

function madeBySchema(cause: TriggerkitError, trigger: string): TriggerkitError {
  const message = `${cause.message} The schema of ${JSON.stringify(trigger)} produced it: make such values in the task, with filterKwargs.`
  return new TriggerkitError(cause.code, message, { cause, details: cause.details })
}

function nameOf(instance: InstanceRef): string {
  const name: unknown = typeof instance === 'object' && instance !== null ? instance.name : instance
  if (typeof name === 'string') return name
  throw new TriggerkitError('InvalidArgument', 'An instance is given by its name, such as t_task#0, or as the object that was read.')
}
