import { LOG_LEVELS } from '@triggerkit/contracts'
import type { Logger, LogLevelName, LogMeta, TaskPort } from '@triggerkit/contracts'
import { errorContext, toErrorRecord, toPlain } from './error-record.js'
import { RetryThrown, SkipThrown } from './requests.js'

/** Context variables, by name. */
export type LogContext = Readonly<Record<string, unknown>>

/** A logger with context variables of its own; a message may bring more, which win. */
export type TaskLogger = Logger

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
      if (!(error instanceof RetryThrown || error instanceof SkipThrown)) {
        const { type, message } = toErrorRecord(error)
        logger.error(`${type}: ${message}`, { ...errorContext(error), error: toErrorRecord(error) })
      }
      throw error
    }
  }

  #logger(variables: LogContext): TaskLogger {
    const at = (level: LogLevelName) => (message: string, meta?: LogMeta) => this.#log(level, message, { ...variables, ...meta })
    return { debug: at('DEBUG'), info: at('INFO'), warn: at('WARNING'), error: at('ERROR') }
  }

  #log(level: LogLevelName, message: string, meta: LogMeta): void {
    if (LOG_LEVELS[level] > LOG_LEVELS[this.level]) this.level = level
    this.#port.log({ level, message: String(message), meta: toPlain(meta) as LogMeta })
  }
}
