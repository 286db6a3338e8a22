import { pino } from 'pino'
import type { Logger as Pino } from 'pino'

import type { Settings } from './settings.js'

/** Structured logs, one JSON object a line, on standard error: standard output is for what was asked for. */
export function createLogger({ logLevel }: Settings, part: string): Pino {
  return pino({ level: logLevel, base: { part, pid: process.pid } }, pino.destination(2))
}
