import type { Logger } from '@triggerkit/contracts'

/** The default logger: silent except for warnings and errors, which go to the console. */
export const consoleLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message, meta) => console.warn(message, ...(meta === undefined ? [] : [meta])),
  error: (message, meta) => console.error(message, ...(meta === undefined ? [] : [meta])),
}

/** A logger like pino, which takes the metadata first. */
export interface PinoLike {
  debug(meta: object, message: string): void
  info(meta: object, message: string): void
  warn(meta: object, message: string): void
  error(meta: object, message: string): void
}

/** Adapts a logger like pino, which takes the metadata first. */
export function fromPino(pino: PinoLike): Logger {
  return {
    debug: (message, meta = {}) => pino.debug(meta, message),
    info: (message, meta = {}) => pino.info(meta, message),
    warn: (message, meta = {}) => pino.warn(meta, message),
    error: (message, meta = {}) => pino.error(meta, message),
  }
}
