import type { Logger } from '@triggerkit/contracts'

/** Silent but for warnings and errors, which go to the console: what is used where no logger is given. */
export const consoleLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message, meta) => console.warn(message, ...(meta === undefined ? [] : [meta])),
  error: (message, meta) => console.error(message, ...(meta === undefined ? [] : [meta])),
}

/** A logger of pino's kind: the facts come first. */
export interface PinoLike {
  debug(meta: object, message: string): void
  info(meta: object, message: string): void
  warn(meta: object, message: string): void
  error(meta: object, message: string): void
}

/** Adapts a logger of pino's kind. */
export function fromPino(pino: PinoLike): Logger {
  return {
    debug: (message, meta = {}) => pino.debug(meta, message),
    info: (message, meta = {}) => pino.info(meta, message),
    warn: (message, meta = {}) => pino.warn(meta, message),
    error: (message, meta = {}) => pino.error(meta, message),
  }
}
