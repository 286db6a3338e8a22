import { Readable, Writable } from 'node:stream'

import { run, type World } from './command.js'
import type { ExitCode } from './exit-codes.js'

/** What the command did in a world made for a test. */
export interface Outcome {
  readonly code: ExitCode
  readonly out: string
  readonly err: string
}

export interface FakeWorld extends Partial<Pick<World, 'env' | 'folder' | 'stop' | 'giveUp' | 'now'>> {
  readonly input?: string | Readable
  readonly columns?: number
}

/** Runs the command with these arguments, in this process; with `columns` its output is a terminal. */
export async function runCommand(args: readonly string[], world: FakeWorld = {}): Promise<Outcome> {
  const { input = '', columns, env = {}, folder = '.', stop = new AbortController().signal, giveUp = new AbortController().signal, now = () => 0 } = world
  const stdout = new Collector(columns)
  const stderr = new Collector()
  const stdin = typeof input === 'string' ? Readable.from([Buffer.from(input)]) : input
  const code = await run({ args, env, folder, stdin, stdout, stderr, stop, giveUp, now })
  return { code, out: stdout.text, err: stderr.text }
}

class Collector extends Writable {
  text = ''
  readonly isTTY: boolean
  readonly columns: number

  constructor(columns?: number) {
    super()
    this.isTTY = columns !== undefined
    this.columns = columns ?? 80
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}
