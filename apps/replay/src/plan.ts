import type { Readable } from 'node:stream'

import type { ParsedConfiguration } from '@triggerkit/config'
import type { Task } from 'triggerkit'

import { PRESETS, type Arguments, type PresetName } from './arguments.js'
import { readConfiguration } from './configuration.js'
import { chunksUntil, openFile } from './event-input.js'
import { readEvents } from './event-source.js'
import { UsageError } from './exit-codes.js'
import type { Preset } from './preset.js'
import type { Replay } from './replay.js'
import { loadTasks, standInTask } from './task-module.js'

export interface PlanSources {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  /** Where relative paths begin. */
  readonly folder: string
  /** Aborted when no more events shall be read. */
  readonly stop: AbortSignal
}

/** What to replay, and what the caller should know about it. */
export interface Plan {
  readonly replay: Replay
  readonly notes: readonly string[]
}

/** Makes a plan of the arguments. @throws `UsageError` for what is missing or can't be read */
export async function makePlan(given: Arguments, sources: PlanSources): Promise<Plan> {
  const preset = await presetFor(given)
  const configuration = await configurationFor(given, preset)
  const { tasks, notes } = await tasksFor(given, { preset, configuration, folder: sources.folder })
  const events = given.events === undefined && preset !== undefined ? preset : await eventsFrom(given.events ?? '-', sources)
  const replay = { ...events, configuration: configuration.tasks, tasks, concurrency: given.concurrency }
  const warnings = configuration.warnings.map(({ path, message }) => `Configuration, ${path}: ${message}`)
  const hint = events !== preset && isTyped(given, sources) ? ['Reading events from the terminal; Ctrl-D ends them.'] : []
  return { replay, notes: [...warnings, ...notes, ...hint] }
}

async function presetFor({ preset, config, events }: Arguments): Promise<Preset | undefined> {
  const name = preset ?? (config === undefined && events === undefined ? 'github' : undefined)
  return name === undefined ? undefined : loadPreset(name)
}

/** Loads only what is used: the GitHub payloads are 10 MB. */
async function loadPreset(name: PresetName): Promise<Preset> {
  switch (name) {
    case 'github':
      return (await import('./presets/github/github-preset.js')).githubPreset()
    case 'questionnaire':
      return (await import('./presets/questionnaire/questionnaire-preset.js')).questionnairePreset()
  }
}

async function configurationFor({ config }: Arguments, preset: Preset | undefined): Promise<ParsedConfiguration> {
  const source = config ?? preset?.configuration
  if (source !== undefined) return readConfiguration(source)
  throw new UsageError(`--events needs a workflow to run: give --config FILE, or --preset with one of ${PRESETS.join(', ')}.`)
}

interface TaskSources {
  readonly preset: Preset | undefined
  readonly configuration: ParsedConfiguration
  readonly folder: string
}

/** The tasks of the preset, those of the module in their place, and stand-ins for what nobody gave. */
async function tasksFor({ tasks: specifier }: Arguments, { preset, configuration, folder }: TaskSources): Promise<{ readonly tasks: readonly Task[]; readonly notes: readonly string[] }> {
  const given = [...(preset?.tasks ?? []), ...(specifier === undefined ? [] : await loadTasks(specifier, folder))]
  const tasks = new Map(given.map((task) => [task.name, task]))
  const missing = [...new Set(configuration.tasks.map(([, { run }]) => run))].filter((run) => !tasks.has(run))
  if (missing.length === 0) return { tasks: [...tasks.values()], notes: [] }
  const names = missing.map((run) => JSON.stringify(run)).join(', ')
  if (specifier !== undefined) throw new UsageError(`The configuration runs ${names}, which ${JSON.stringify(specifier)} does not export.`)
  const note = `No code was given for ${names}: stand-ins run, which only finish. Give the code with --tasks MODULE, which exports defineTask(${JSON.stringify(missing[0])}, …).`
  return { tasks: [...tasks.values(), ...missing.map(standInTask)], notes: [note] }
}

async function eventsFrom(path: string, { stdin, stop }: PlanSources): Promise<Pick<Replay, 'title' | 'events' | 'total'>> {
  const stream = path === '-' ? stdin : await openFile(path)
  return { title: path === '-' ? 'standard input' : path, events: readEvents(chunksUntil(stop, stream)), total: null }
}

function isTyped({ events }: Arguments, { stdin }: PlanSources): boolean {
  return (events === undefined || events === '-') && stdin.isTTY === true
}
