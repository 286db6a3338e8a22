import { LOG_LEVELS } from '@triggerkit/contracts'
import type { Logger, LogLevelName, LogMeta, TaskPort } from '@triggerkit/contracts'
import { errorContext, toErrorRecord, toPlainObject } from './error-record.js'
import { isRequest } from './requests.js'

/** Context variables, by name. */
export type LogContext = Readonly<Record<string, unknown>>

/** A logger with its own context variables; those passed with a message take precedence. */
export type TaskLogger = Logger

/** The higher of two levels. */
export function higherLevel(one: LogLevelName, other: LogLevelName): LogLevelName {
  return LOG_LEVELS[one] > LOG_LEVELS[other] ? one : other
}

/** What one run of a task has logged. */
export class TaskLogs {
  level: LogLevelName = 'NOTSET'
  readonly #port: TaskPort

  constructor(port: TaskPort) {
    this.#port = port
  }

  async scope<TResult>(variables: LogContext, body: (logger: TaskLogger) => TResult | Promise<TResult>): Promise<TResult> {
    const logger = this.#logger(variables)
    try {
      return await body(logger)
    } catch (error) {
      // Stopping by retry or skip is a wish, not an error.
      if (!isRequest(error)) this.#logError(logger, error)
      throw error
    }
  }

  #logError(logger: TaskLogger, error: unknown): void {
    const record = toErrorRecord(error)
    logger.error(`${record.type}: ${record.message}`, { ...errorContext(error), error: record })
  }

  #logger(variables: LogContext): TaskLogger {
    const at = (level: LogLevelName) => (message: string, meta?: LogMeta) => this.#log(level, message, { ...variables, ...meta })
    return { debug: at('DEBUG'), info: at('INFO'), warn: at('WARNING'), error: at('ERROR') }
  }

  #log(level: LogLevelName, message: string, meta: LogMeta): void {
    this.level = higherLevel(level, this.level)
    this.#port.log({ level, message: String(message), meta: toPlainObject(meta) })
  }
}
