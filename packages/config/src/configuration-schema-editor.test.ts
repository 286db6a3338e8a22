import { readFileSync } from 'node:fs'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DiagnosticSeverity, getLanguageService, TextDocument, type LanguageService } from 'vscode-json-languageservice'

import { DIRECTIVES } from './directives.js'
import { parseConfiguration } from './parse-configuration.js'
import { parseConfigurationText } from './parse-configuration-text.js'

const uri = 'schema/v1/configuration.schema.json'
const published = readFileSync(new URL(`../${uri}`, import.meta.url), 'utf8')

/** What VS Code has for JSON, given the published file. */
function editor(): LanguageService {
  const service = getLanguageService({ schemaRequestService: () => Promise.resolve(published), clientCapabilities: {} })
  service.configure({ validate: true, allowComments: true, schemas: [{ uri, fileMatch: ['*.jsonc'] }] })
  return service
}

/** A text, opened; `|` is where the cursor stands. An object names its schema, a list has it from the editor's settings. */
function open(marked: string) {
  const service = editor()
  const before = marked.startsWith('{') ? `{ "$schema": "${uri}", ` : marked[0]
  const text = before + marked.slice(1).replace('|', '')
  const offset = text.length - marked.length + marked.indexOf('|') + 1
  const document = TextDocument.create(marked.startsWith('{') ? 'file:///flow.json' : 'file:///flow.jsonc', 'jsonc', 1, text)
  return { service, document, json: service.parseJSONDocument(document), position: document.positionAt(offset) }
}

async function complete(marked: string): Promise<readonly string[]> {
  const { service, document, json, position } = open(marked)
  return ((await service.doComplete(document, position, json))?.items ?? []).map(({ label }) => label)
}

async function hover(marked: string): Promise<string> {
  const { service, document, json, position } = open(marked)
  return JSON.stringify((await service.doHover(document, position, json))?.contents ?? null)
}

/** What is underlined, and why. */
async function underlined(marked: string): Promise<readonly string[]> {
  const { service, document, json } = open(marked)
  const found = await service.doValidation(document, json, { schemaValidation: 'error', comments: 'ignore', trailingCommas: 'ignore' })
  return found.filter(({ severity }) => severity === DiagnosticSeverity.Error).map(({ range, message }) => `${document.getText(range)}: ${message}`)
}

describe('an editor with the JSON Schema', () => {
  it('completes the directives of a task', async () => {
    expect(await complete('{ "t_a": { | } }')).toEqual(expect.arrayContaining([...DIRECTIVES]))
    expect(await complete('{ "t_a": { "after": ["a"], "run": "app.a", "an|" } }')).toContain('andEvery')
  })

  it('knows a list of pairs as well', async () => {
    expect(await complete('[["t_a", { | }]]')).toEqual(expect.arrayContaining([...DIRECTIVES]))
    expect(await underlined('[["t_a", { "after": [], "run": "r" }]]')).toEqual([])
    expect(await underlined('[["t_a"], [1, { "after": [], "run": "r" }]]')).toHaveLength(2)
  })

  it('offers a whole task', async () => {
    expect(await complete('{ "t_a": | }')).toContain('task')
  })

  it.each([
    ['"af|ter": ["a"], "run": "r"', 'once all of these triggers have fired'],
    ['"after": [], "andE|very": "a", "run": "r"', 'each time this trigger fires'],
    ['"after": [], "unle|ss": [], "run": "r"', 'does not run if'],
    ['"after": [], "withPa|rams": {}, "run": "r"', 'Static kwargs'],
    ['"after": [], "ru|n": "r"', 'name of the task function'],
    ['"after": [], "usi|ng": "r", "run": "r"', 'key of the runner'],
    ['"after": [], "run": "r", "colo|ur": "red"', 'directive of your own'],
  ])('explains %s', async (directives, explanation) => {
    expect(await hover(`{ "t_a": { ${directives} } }`)).toContain(explanation)
  })

  it('marks a wrong type, a missing directive and an empty name where they stand', async () => {
    expect(await underlined('{ "t_a": { "after": "a", "run": "r" } }')).toEqual([expect.stringMatching(/^"a": .*"array"/)])
    expect(await underlined('{ "t_a": { "after": [""], "run": 3 } }')).toEqual([expect.stringMatching(/^"": /), expect.stringMatching(/^3: .*"string"/)])
    expect(await underlined('{ "t_a": { "after": ["a"] } }')).toEqual([expect.stringContaining('"run"')])
    expect(await underlined('{ "t_a": [] }')).toHaveLength(1)
  })

  it('marks nothing in what is valid, comments and custom directives included', async () => {
    const text = '{ "t_a": { "after": ["a",], "run": "r", "colour": { "any": [1] }, "using": null, }, /* so */ "t_b": { "after": [], "run": "r" } }'

    expect(await underlined(text)).toEqual([])
    expect(parseConfiguration(parseConfigurationText(text)).warnings).toEqual([])
  })
})

describe('the README', () => {
  it('shows a file that names the published schema, and is valid', async () => {
    const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
    const file = read('../README.md').split('```jsonc\n')[1]?.split('```')[0] ?? ''
    const exported = (JSON.parse(read('../package.json')) as { exports: Record<string, string> }).exports['./schema.json']

    expect(exported).toBe(`./${uri}`)
    expect(file).toContain(`"$schema": "./node_modules/@triggerkit/config/${uri}"`)
    expect(await underlined(file)).toEqual([])
    expect(parseConfiguration(parseConfigurationText(file)).tasks).toHaveLength(1)
  })
})

describe('the JSON Schema and the parser', () => {
  const values = [null, true, 0, '', 'name', 'x'.repeat(513), [], ['a'], ['a', ''], [1], [['a']], {}, { a: {} }, { a: 1 }, { a: null }]
  const tasks = DIRECTIVES.flatMap((directive) => values.map((value) => ({ after: ['b'], run: 'r', [directive]: value })))
  const odd: readonly unknown[] = [{}, { after: [] }, { run: 'r' }, null, 'task', [], { after: [], run: 'r', colour: null, constructor: 1 }]

  it.each([...tasks, ...odd].map((task) => ({ task })))('agree on $task', async ({ task }) => {
    const refused = doubts(task) > 0

    expect((await underlined(JSON.stringify({ t_a: task }))).length > 0).toBe(refused)
  })
})

describe('the JSON Schema and the parser, whatever is given', () => {
  const names = fc.array(fc.oneof(fc.string(), fc.jsonValue()), { maxLength: 2 })
  const kwargs = fc.dictionary(fc.string(), fc.oneof(fc.constant({}), fc.jsonValue()), { maxKeys: 2 })
  const directives = fc.record(
    {
      after: fc.oneof(names, fc.jsonValue()),
      andEvery: fc.oneof(fc.string(), fc.jsonValue()),
      unless: fc.oneof(names, fc.jsonValue()),
      withParams: fc.oneof(kwargs, fc.jsonValue()),
      run: fc.oneof(fc.string(), fc.jsonValue()),
      using: fc.oneof(fc.string(), fc.jsonValue()),
      colour: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )

  it('agree', async () => {
    const property = fc.asyncProperty(directives, fc.boolean(), async (given, whole) => {
      const task = whole ? { after: ['a'], run: 'r', ...given } : given
      // A name in both is a warning that needs a look at more than one value.
      fc.pre(![task.after, task.andEvery].flat().some((name) => [task.unless].flat().includes(name)))
      expect((await underlined(JSON.stringify([['t_a', task]]))).length > 0).toBe(doubts(task) > 0)
    })

    await fc.assert(property, { numRuns: 300 })
  })
})

/** How many faults and warnings the parser has. */
function doubts(task: unknown): number {
  try {
    return parseConfiguration({ t_a: task }).warnings.length
  } catch {
    return 1
  }
}
