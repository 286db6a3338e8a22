import type { ParsedConfiguration } from '@triggerkit/config'
import type { TaskConfigurations } from '@triggerkit/contracts'

import { PRESETS, type Arguments, type PresetName } from './arguments.js'
import { readConfiguration } from './configuration.js'
import { chunksUntil, openFile, openInput, type StandardInput } from './event-input.js'
import { readEvents } from './event-source.js'
import { UsageError } from './exit-codes.js'
import type { Preset } from './preset.js'
import { printable } from './printable.js'
import type { Replay } from './replay.js'
import { loadTasks, standIn } from './task-module.js'

export interface PlanSources {
  readonly stdin: StandardInput
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
  const { tasks: configured, warnings } = await configurationFor(given, preset)
  const { notes, ...workflow } = await workflowFor(given, { preset, configured, folder: sources.folder })
  const events = given.events === undefined && preset !== undefined ? preset : await eventsFrom(given.events ?? '-', sources)
  const replay = { ...events, ...workflow, concurrency: given.concurrency }
  const warned = warnings.map(({ path, message }) => `Configuration, ${path}: ${message}`)
  const hint = events !== preset && isTyped(given, sources) ? ['Reading events from the terminal; Ctrl-D ends them.'] : []
  return { replay, notes: [...warned, ...notes, ...hint] }
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

interface WorkflowSources {
  readonly preset: Preset | undefined
  readonly configured: TaskConfigurations
  readonly folder: string
}

type Workflow = Pick<Replay, 'configuration' | 'tasks'> & Pick<Plan, 'notes'>

/** The tasks of the preset, those of the module in their place, and a stand-in for what nobody gave. */
async function workflowFor({ tasks: specifier }: Arguments, { preset, configured, folder }: WorkflowSources): Promise<Workflow> {
  const given = [...(preset?.tasks ?? []), ...(specifier === undefined ? [] : await loadTasks(specifier, folder))]
  const tasks = new Map(given.map((task) => [task.name, task]))
  const missing = [...new Set(configured.map(([, { run }]) => run))].filter((run) => !tasks.has(run)).map((run) => JSON.stringify(printable(run)))
  if (missing.length === 0) return { configuration: configured, tasks: [...tasks.values()], notes: [] }
  const names = missing.join(', ')
  if (specifier !== undefined) throw new UsageError(`The configuration runs ${names}, which ${JSON.stringify(specifier)} does not export.`)
  const note = `No code was given for ${names}: stand-ins run, which only finish. Give the code with --tasks MODULE, which exports defineTask(${missing[0]}, …).`
  return { configuration: withStandIns(configured, tasks), tasks: [...tasks.values(), standIn], notes: [note] }
}

/** A stand-in keeps its own name: a configuration may run what no task can be called. */
function withStandIns(configured: TaskConfigurations, tasks: ReadonlyMap<string, unknown>): TaskConfigurations {
  return configured.map(([name, task]) => [name, tasks.has(task.run) ? task : { ...task, run: standIn.name }])
}

async function eventsFrom(path: string, { stdin, stop }: PlanSources): Promise<Pick<Replay, 'title' | 'events' | 'total'>> {
  const stream = path === '-' ? openInput(stdin) : await openFile(path)
  const title = path === '-' ? 'standard input' : path
  return { title, events: readEvents(chunksUntil(stop, stream, title)), total: null }
}

function isTyped({ events }: Arguments, { stdin }: PlanSources): boolean {
  return (events === undefined || events === '-') && stdin.isTTY === true
}
