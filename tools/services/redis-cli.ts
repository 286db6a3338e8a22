import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { ensureRedis } from './redis-binaries.js'

/** A refusal is an answer like any other to redis-cli: it ends with success. */
const REFUSAL = /^(?:ERR|WRONG|NOAUTH|NOGOODSLAVE|INPROG)/

/**
 * Asks the server, or Sentinel, that listens on that port.
 * @throws Error if it refuses, or doesn't answer within 5 seconds
 */
export async function ask(port: number, ...command: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(ensureRedis().cli, ['-h', '127.0.0.1', '-p', String(port), ...command], { timeout: 5_000 })
  if (REFUSAL.test(stdout)) throw new Error(`Redis refused ${command.slice(0, 2).join(' ')}: ${stdout.trim()}`)
  return stdout
}
