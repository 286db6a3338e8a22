/** Additional facts of a log message, by name. */
export type LogMeta = Readonly<Record<string, unknown>>

/**
 * Where log messages go: four methods, message first. Without one, Triggerkit prints only warnings and errors.
 * The engine's `fromPino` swaps the arguments for loggers like pino.
 */
export interface Logger {
  debug(message: string, meta?: LogMeta): void
  info(message: string, meta?: LogMeta): void
  warn(message: string, meta?: LogMeta): void
  error(message: string, meta?: LogMeta): void
}

/** The log levels by name, with the reference's numbers. `NOTSET` means that nothing was logged. */
export const LOG_LEVELS = { NOTSET: 0, DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40 } as const

export type LogLevelName = keyof typeof LOG_LEVELS
