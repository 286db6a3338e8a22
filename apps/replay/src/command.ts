import { stripVTControlCharacters } from 'node:util'

import { parseArguments, usage, type Arguments } from './arguments.js'
import type { StandardInput } from './event-input.js'
import { EXIT, UsageError, type ExitCode } from './exit-codes.js'
import { makePlan } from './plan.js'
import { JsonProgress } from './progress/json-progress.js'
import { PlainProgress } from './progress/plain-progress.js'
import type { Progress } from './progress/progress.js'
import { TerminalProgress } from './progress/terminal-progress.js'
import { replay } from './replay.js'
import type { Summary } from './summary.js'

/** What the command touches of the world. */
export interface World {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where relative paths begin. */
  readonly folder: string
  readonly stdin: StandardInput
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: NodeJS.WritableStream
  /** Aborted by the first interrupt: no more events are read. */
  readonly stop: AbortSignal
  /** Aborted by a further one: tasks are no longer waited for. */
  readonly giveUp: AbortSignal
  readonly now: () => number
}

/** The whole command: never rejects, and tells how to exit. */
export async function run(world: World): Promise<ExitCode> {
  try {
    const given = parseArguments(world.args)
    if (!given.help) return await replayAs(given, world)
    world.stdout.write(`${await usage({ colour: isColoured(world) })}\n`)
    return EXIT.fine
  } catch (error) {
    return fail(error, world)
  }
}

async function replayAs(given: Arguments, world: World): Promise<ExitCode> {
  const plan = await makePlan(given, world)
  for (const note of plan.notes) world.stderr.write(`${note}\n`)
  const progress = progressFor(given, world)
  return exitCode(await replay(plan.replay, { ...world, progress, patienceMs: given.wait * 1000 }))
}

function progressFor({ json }: Arguments, world: World): Progress {
  const { stdout, stderr, now } = world
  if (json) return new JsonProgress(stdout, stderr)
  if (stdout.isTTY !== true || world.env['TERM'] === 'dumb') return new PlainProgress(stdout, stderr)
  return new TerminalProgress({ terminal: stdout, err: stderr, colour: isColoured(world), now })
}

function exitCode({ interrupted, cutShort, instances, badLines }: Summary): ExitCode {
  if (interrupted) return EXIT.interrupted
  if (cutShort) return EXIT.usage
  if (instances.failed + instances.scheduled + instances.running > 0) return EXIT.failedInstances
  return badLines > 0 ? EXIT.badLines : EXIT.fine
}

function fail(error: unknown, { stderr }: World): ExitCode {
  if (error instanceof UsageError) {
    stderr.write(`${error.message}\nnpm start -- --help lists the options.\n`)
    return EXIT.usage
  }
  stderr.write(`Unexpected error: ${stripVTControlCharacters(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`)
  return EXIT.unexpected
}

function isColoured({ stdout, env }: World): boolean {
  return stdout.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
}
