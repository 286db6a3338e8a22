import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { parseScenarios, replayScenario } from '@triggerkit/conformance'
import type { Scenario, ScenarioFailure } from '@triggerkit/conformance'
import { runTool } from '@triggerkit/tool-command-line'
import { defineCommand } from 'citty'

import { storages } from './storages.js'
import type { StoragePlace } from './storages.js'

const RECORDED = ['reference-tests.json', 'generated.json'].map((name) =>
  fileURLToPath(new URL(`../../packages/conformance/scenarios/${name}`, import.meta.url)),
)

const main = defineCommand({
  meta: {
    name: 'conformance',
    description: 'Replays recorded scenarios through engine, storage and runner. Without files: those that ship with the conformance package.',
  },
  args: {
    files: { type: 'positional', required: false, description: 'scenario files, as many as you like' },
    storage: { type: 'string', default: 'memory', description: `where sessions live: ${[...storages.keys()].join(', ')}` },
  },
  async run({ args }) {
    process.exitCode = await replayFiles(args._.length > 0 ? args._ : RECORDED, args.storage)
  },
})

/** Replays files and prints what failed; answers with the exit code: 0 all passed, 1 some failed, 2 something could not be replayed. */
async function replayFiles(files: readonly string[], storage: string): Promise<number> {
  try {
    const scenarios: (readonly [file: string, scenario: Scenario])[] = []
    for (const file of files) for (const scenario of parseScenarios(await read(file), file)) scenarios.push([file, scenario])
    const place = await storages.get(storage)
    try {
      return await replayAll(scenarios, place)
    } finally {
      await place.release()
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 2
  }
}

/** Reads a file. npm runs a command at the root and tells in `INIT_CWD` where it was given. */
async function read(file: string): Promise<string> {
  try {
    return await readFile(resolve(process.env['INIT_CWD'] ?? '.', file), 'utf8')
  } catch (cause) {
    throw new Error(`${file} can't be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

async function replayAll(scenarios: readonly (readonly [file: string, scenario: Scenario])[], place: StoragePlace): Promise<number> {
  let failed = 0
  for (const [number, [file, scenario]] of scenarios.entries()) {
    const failure = await replayOne(scenario, place, number)
    if (failure === undefined) continue
    failed += 1
    console.log(describe(file, scenario, failure))
  }
  console.log(`${scenarios.length - failed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

async function replayOne(scenario: Scenario, { open }: StoragePlace, number: number): Promise<ScenarioFailure | Error | undefined> {
  try {
    return await replayScenario(scenario, { open, uid: `scenario-${number}` })
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function describe(file: string, { name }: Scenario, failure: ScenarioFailure | Error): string {
  if (failure instanceof Error) return `✗ ${name} (${file})\n    ${failure.stack ?? failure.message}`
  const { step, operation, path, expected, actual } = failure
  const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing'
  return `✗ ${name} (${file})\n    step ${step}, ${operation}: ${path} is ${shown(actual)}; expected ${shown(expected)}`
}

await runTool(main)
