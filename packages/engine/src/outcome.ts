import { TriggerkitError } from '@triggerkit/contracts'
import type { LogLevelName, TaskOutcome } from '@triggerkit/contracts'
import { toJsonObject } from '@triggerkit/config'
import type { Command, ExecutionId } from '@triggerkit/core'
import { toErrorRecord } from './error-record.js'

/** A command that ends an execution. */
export type OutcomeCommand = Extract<Command, { type: 'finish' | 'fail' | 'retry' | 'skipSelf' }>

/** What an outcome's command needs beside it. */
export interface OutcomeFacts {
  readonly execution: ExecutionId
  /** The highest level that was logged. */
  readonly logLevel: LogLevelName
  readonly maxPayloadBytes: number
}

/** The command that records how a task function ended. What can't be stored fails the instance. */
export function outcomeCommand(outcome: TaskOutcome, facts: OutcomeFacts): OutcomeCommand {
  try {
    return commandOf(outcome, facts)
  } catch (error) {
    return failCommand(error, facts)
  }
}

/** The command that fails an execution with an error. */
export function failCommand(error: unknown, { execution, logLevel }: OutcomeFacts): OutcomeCommand {
  return { type: 'fail', execution, error: toErrorRecord(error), metadata: {}, logLevel }
}

function commandOf(outcome: TaskOutcome, { execution, logLevel, maxPayloadBytes }: OutcomeFacts): OutcomeCommand {
  const limits = { maxBytes: maxPayloadBytes }
  switch (outcome.kind) {
    case 'finished':
      return { type: 'finish', execution, result: toJsonObject(mappingOf(outcome.result), 'result', limits), logLevel }
    case 'failed':
      return { type: 'fail', execution, error: outcome.error, metadata: toJsonObject(outcome.metadata, 'metadata', limits), logLevel }
    case 'skip':
      return { type: 'skipSelf', execution, metadata: toJsonObject(outcome.metadata, 'metadata', limits) }
    case 'retry': {
      const { error, metadata, replacementKwargs: given, cooldown } = outcome
      const replacementKwargs = given === null ? null : toJsonObject(given, 'replacementKwargs', limits)
      return { type: 'retry', execution, error, metadata: toJsonObject(metadata, 'metadata', limits), replacementKwargs, cooldown: Math.ceil(cooldown) }
    }
  }
}

// Nothing, `false`, `0`, an empty text and an empty list count as an empty mapping, as in the reference.
function mappingOf(result: unknown): object | null {
  const isList = Array.isArray(result)
  if (isList ? result.length === 0 : !result && !Number.isNaN(result)) return null
  if (!isList && typeof result === 'object') return result
  const message = `The task returned a ${isList ? 'list' : typeof result}; it must return an object, which becomes the kwargs of its cascade, or nothing.`
  throw new TriggerkitError('InvalidResult', message)
}
