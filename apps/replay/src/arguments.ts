import { stripVTControlCharacters } from 'node:util'

import { defineCommand, parseArgs, renderUsage, type ArgsDef } from 'citty'

import { UsageError } from './exit-codes.js'
import { printable } from './printable.js'

export const PRESETS = ['github', 'questionnaire'] as const
export type PresetName = (typeof PRESETS)[number]

export interface Arguments {
  readonly help: boolean
  readonly preset: PresetName | undefined
  /** The path of a configuration. */
  readonly config: string | undefined
  /** The path of the events, or `-` for standard input. */
  readonly events: string | undefined
  /** The path or the name of a module of tasks. */
  readonly tasks: string | undefined
  readonly json: boolean
  readonly concurrency: number
  /** How many seconds to wait for tasks after the last event, and while reading pauses for them. */
  readonly wait: number
}

const definitions = {
  preset: { type: 'enum', options: [...PRESETS], description: 'What to replay; github unless --config or --events is given' },
  config: { type: 'string', valueHint: 'FILE', description: 'Configuration, JSON or JSONC, in place of the preset\'s' },
  events: { type: 'string', valueHint: 'FILE', description: 'Events, one JSON object per line; - is standard input, the default with --config' },
  tasks: { type: 'string', valueHint: 'MODULE', description: 'ES module (path or package) that exports the tasks, individually or in a list' },
  json: { type: 'boolean', description: 'Print JSON lines instead of text' },
  concurrency: { type: 'string', valueHint: 'N', default: '16', description: 'How many events are in progress, and how many tasks run, at once' },
  wait: { type: 'string', valueHint: 'SECONDS', default: '60', description: 'How long to wait for tasks after the last event, and while reading pauses for them' },
  help: { type: 'boolean', alias: 'h', description: 'Show this' },
} satisfies ArgsDef

const command = defineCommand({
  meta: { name: 'replay', description: 'Runs a workflow configuration on a stream of events, with embedded storage' },
  args: definitions,
})

const MORE = `EVENTS

  {"session": "order:1", "trigger": "paid", "kwargs": {"amount": 12}, "id": "evt-1"}
  "kwargs" and "id" are optional. A bad line is reported and counted, and the run goes on.

EXIT CODES

  0    everything is fine
  1    an unexpected error
  2    bad arguments, or unreadable input
  3    some instances failed, or were not done in time; also if there were bad lines as well
  4    some lines were bad
  130  interrupted (Ctrl-C): the events read so far are finished and summed up; a second Ctrl-C doesn't wait for it

EXAMPLES

  npm start
  npm start -- --preset questionnaire
  npm start -- --config flow.jsonc --tasks ./tasks.mjs --events events.ndjson
  cat events.ndjson | npm start -- --config flow.jsonc --json`

/** @throws `UsageError` for arguments that are unknown, lack a value or can't be read */
export function parseArguments(raw: readonly string[]): Arguments {
  const parsed = parseKnown(raw)
  return {
    help: parsed.help === true,
    preset: parsed.preset as PresetName | undefined,
    config: textOf('config', parsed.config),
    events: textOf('events', parsed.events),
    tasks: textOf('tasks', parsed.tasks),
    json: parsed.json === true,
    concurrency: wholeNumber('concurrency', parsed.concurrency, { least: 1, most: 10_000 }),
    wait: wholeNumber('wait', parsed.wait, { least: 0, most: 86_400 }),
  }
}

export async function usage({ colour }: { readonly colour: boolean }): Promise<string> {
  const text = `${await renderUsage(command)}\n${MORE}`.replace(/ +$/gm, '')
  return colour ? text : stripVTControlCharacters(text)
}

function parseKnown(raw: readonly string[]): ReturnType<typeof parseArgs<typeof definitions>> {
  const parsed = parse(raw)
  const [stray] = parsed._
  if (stray !== undefined) throw new UsageError(`Unexpected argument ${JSON.stringify(printable(stray))}.`)
  const known = ['_', 'h', ...Object.keys(definitions)]
  const unknown = Object.keys(parsed).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new UsageError(`Unknown option ${unknown.length === 1 ? '-' : '--'}${printable(unknown)}.`)
  return parsed
}

function parse(raw: readonly string[]): ReturnType<typeof parseArgs<typeof definitions>> {
  try {
    return parseArgs<typeof definitions>([...raw], definitions)
  } catch (error) {
    throw new UsageError(stripVTControlCharacters(error instanceof Error ? error.message : String(error)))
  }
}

/** The parser takes whatever follows an option for its value; a value that looks like an option was forgotten. */
function textOf(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '' || value.startsWith('--')) throw new UsageError(`--${name} needs a value.`)
  return value
}

function wholeNumber(name: string, value: string | undefined, { least, most }: { readonly least: number; readonly most: number }): number {
  const number = /^\d{1,6}$/.test(value ?? '') ? Number(value) : Number.NaN
  if (number >= least && number <= most) return number
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}.`)
}
