import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runCommand } from './fake-world.js'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replay-'))
  await file('flow.jsonc', '{ "t_join": { "after": ["left", "right"], "run": "app.join" }, } // joined')
  await file('tasks.mjs', taskModule(`({ kind: 'finished', result: { summary: 'joined in ' + call.uid }, logLevel: 'NOTSET' })`))
  await file('failing.mjs', taskModule(`({ kind: 'failed', error: { type: 'TypeError', message: 'no ' + call.kwargs.left.what, code: null, stack: null, context: {}, causes: [] }, logLevel: 'NOTSET' })`))
})

afterEach(() => rm(folder, { recursive: true }))

async function file(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text)
}

function taskModule(outcome: string): string {
  return `export const tasks = [{ name: 'app.join', timeLimit: null, perform: async (call) => ${outcome} }]`
}

function lines(...events: readonly object[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('')
}

/** What `--json` printed, by the name in its type. */
function records(out: string): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const all = out.trim().split('\n').map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  return Object.fromEntries(all.map((record) => [record['type'] as string, record]))
}

const config = (...more: readonly string[]): readonly string[] => ['--config', join(folder, 'flow.jsonc'), ...more]
const withTasks = (...more: readonly string[]): readonly string[] => config('--tasks', './tasks.mjs', ...more)
const joined = lines({ session: 'a', trigger: 'right' }, { session: 'b', trigger: 'left' }, { session: 'a', trigger: 'left' })

describe('a replay', () => {
  it('of standard input joins what belongs together, tells what waits, and exits with 0', async () => {
    const { code, out, err } = await runCommand(withTasks(), { folder, input: joined })

    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('t_join  1 finished, 1 unstarted  joined in a\n')
    expect(out).toContain('1 × t_join waits for right\n')
    expect(out).toMatch(/Replayed 3 events in .* events\/s\)\nSessions {3}2\nFirings {4}3\nInstances {2}2: 1 finished, 1 unstarted\n$/)
  })

  it('gives tasks their custom directives, as every application does', async () => {
    await file('flow.jsonc', '{ "t_join": { "after": ["left"], "run": "app.join", "colour": "red" } }')
    await file('tasks.mjs', taskModule(`({ kind: 'finished', result: { summary: JSON.stringify(call.configuration.extras) }, logLevel: 'NOTSET' })`))

    const { out } = await runCommand(withTasks(), { folder, input: joined })

    expect(out).toContain('t_join  2 finished  {"colour":"red"}\n')
  })

  it('of a file says the same', async () => {
    await file('events.ndjson', joined)

    const { code, out } = await runCommand(withTasks('--events', join(folder, 'events.ndjson')), { folder })

    expect(code).toBe(0)
    expect(out).toContain('Instances  2: 1 finished, 1 unstarted')
  })

  it('names bad lines, goes on, and exits with 4', async () => {
    const bad = lines({ session: 'a' }, { session: '', trigger: 'left' }, { session: 'a', trigger: 'x', id: 'k' })
    const input = `nope\n${bad}${lines({ session: 'a', trigger: 'y', id: 'k' })}${joined}`

    const { code, out, err } = await runCommand(withTasks(), { folder, input })

    expect(code).toBe(4)
    expect(err.trim().split('\n').sort()).toEqual([
      expect.stringMatching(/^line 1 is not JSON: /),
      'line 2 "trigger" is missing',
      expect.stringMatching(/^line 3 was refused: /),
      expect.stringMatching(/^line 5 was refused: .*\bid\b/),
    ])
    expect(out).toContain(', 4 bad lines\n')
    expect(out).toContain('1 finished, 1 unstarted')
  })

  it('gives the reason also where the path to what is bad is long', async () => {
    const deep = `{"session":"a","trigger":"left","kwargs":${'{"a":'.repeat(300)}1${'}'.repeat(300)}}`

    const { err } = await runCommand(withTasks(), { folder, input: deep })

    expect(err).toMatch(/^line 1 was refused: kwargs\.a\.a\..*….*\.a: is nested deeper than 256 levels\.\n$/)
  })

  it('groups failures by reason and exits with 3, even if there are bad lines, too', async () => {
    const kwargs = { what: 'luck' }
    const input = `${['a', 'b'].map((session) => lines({ session, trigger: 'left', kwargs }, { session, trigger: 'right' })).join('')}nope\n`

    const { code, out } = await runCommand(config('--tasks', join(folder, 'failing.mjs')), { folder, input })

    expect(code).toBe(3)
    expect(out).toContain('2 × t_join: TypeError: no luck (first in a)')
  })

  it('counts an id that comes again as a duplicate', async () => {
    const once = lines({ session: 'a', trigger: 'left', id: '1' })

    const { code, out } = await runCommand(withTasks(), { folder, input: `${once}${once}` })

    expect(code).toBe(0)
    expect(out).toContain('2, of which 1 repeated an earlier one')
  })

  it('keeps the order within a session, however many events are under way', async () => {
    const isInPlace = `3 * Number(call.instance.split('#')[1]) + Number(call.uid.slice(1)) === call.kwargs.n.at`
    await file('flow.jsonc', '{ "t_each": { "after": [], "andEvery": "n", "run": "app.join" } }')
    await file('tasks.mjs', taskModule(`({ kind: 'finished', result: ${isInPlace} ? {} : 'out of place', logLevel: 'NOTSET' })`))
    const events = Array.from({ length: 300 }, (_, at) => ({ session: `s${at % 3}`, trigger: 'n', kwargs: { at } }))

    const { code, out } = await runCommand(withTasks('--concurrency', '64'), { folder, input: lines(...events) })

    expect(code).toBe(0)
    expect(out).toContain('Instances  300: 300 finished')
  })

  it('prints JSON lines on standard output alone', async () => {
    const { code, out, err } = await runCommand(withTasks('--json'), { folder, input: `nope\n${joined}` })

    const printed = records(out)
    expect(code).toBe(4)
    expect(Object.keys(printed)).toEqual(['replay.start.v1', 'replay.badLine.v1', 'replay.summary.v1'])
    expect(printed['replay.badLine.v1']).toMatchObject({ line: 1 })
    expect(printed['replay.summary.v1']).toMatchObject({
      events: 4,
      firings: 3,
      badLines: 1,
      sessions: 2,
      interrupted: false,
      instances: { finished: 1, unstarted: 1, failed: 0 },
      waiting: [{ task: 't_join', count: 1, example: 'b', triggers: ['right'] }],
    })
    expect(err).toMatch(/^line 1 /)
  })

  it('lets stand-ins run for code that nobody gave, and says how to give it', async () => {
    const { code, out, err } = await runCommand(config(), { folder, input: joined })

    expect(code).toBe(0)
    expect(err).toContain('No code was given for "app.join"')
    expect(err).toContain('--tasks MODULE')
    expect(out).toContain('1 finished')
  })

  it.each([
    ['empty', ''],
    ['too long', 'x'.repeat(600)],
    ['half of a surrogate pair', '\ud800'],
  ])('lets a stand-in run where no code could have the name that a configuration gives: %s', async (_what, name) => {
    await file('flow.jsonc', JSON.stringify({ t_odd: { after: ['left'], run: name }, t_join: { after: ['left', 'right'], run: 'app.join' } }))

    const { code, out, err } = await runCommand(config(), { folder, input: joined })

    expect(code).toBe(0)
    expect(err).toMatch(/^No code was given for ".{0,300}", "app\.join": /)
    expect(out).toContain('Instances  4: 3 finished, 1 unstarted')
  })

  it('runs tasks of other runners in this process', async () => {
    await file('flow.jsonc', '{ "t_join": { "after": ["left", "right"], "run": "app.join", "using": "bullmq" } }')

    const { out } = await runCommand(withTasks(), { folder, input: joined })

    expect(out).toContain('Instances  2: 1 finished, 1 unstarted')
  })
})

describe('an interrupt', () => {
  it('ends the reading of an input that stays open, sums up, and exits with 130', async () => {
    const stop = new AbortController()
    const input = new PassThrough()
    input.write(joined)

    const ended = runCommand(withTasks(), { folder, input, stop: stop.signal })
    while (input.readableLength > 0) await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    stop.abort()
    const { code, out } = await ended

    expect(code).toBe(130)
    expect(out).toContain('Interrupted after 3 events')
  })

  it('given again does not wait for a task that never ends', async () => {
    await file('tasks.mjs', taskModule('new Promise(() => undefined)'))
    const giveUp = new AbortController()
    giveUp.abort()

    const { code, out, err } = await runCommand(withTasks(), { folder, input: joined, giveUp: giveUp.signal })

    expect(code).toBe(3)
    expect(err).toContain('still under way')
    expect(out).toContain('1 running')
  })
})

describe('tasks that never end', () => {
  const many = Array.from({ length: 40 }, (_, at) => lines({ session: `s${at}`, trigger: 'n' }))

  beforeEach(async () => {
    await file('flow.jsonc', '{ "t_each": { "after": [], "andEvery": "n", "run": "app.join" } }')
    await file('tasks.mjs', taskModule('new Promise(() => undefined)'))
  })

  it('hold up the reading no longer than --wait allows; all events are read, and the summary tells what is not done', async () => {
    const { code, out, err } = await runCommand(withTasks('--concurrency', '1', '--wait', '0'), { folder, input: many.join('') })

    expect(code).toBe(3)
    expect(err).toContain('still under way')
    expect(out).toContain('Replayed 40 events')
    expect(out).toContain('Instances  40: 39 scheduled, 1 running')
  })

  it('do not keep an interrupt from ending a reading that they hold up', async () => {
    const stop = new AbortController()
    const giveUp = new AbortController()
    const left = [...many]
    const input = new Readable({ highWaterMark: 1, read: () => void input.push(left.shift() ?? null) })

    const ended = runCommand(withTasks('--concurrency', '1'), { folder, input, stop: stop.signal, giveUp: giveUp.signal })
    while (left.length > 30) await new Promise((resolve) => setImmediate(resolve))
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    stop.abort()
    giveUp.abort()
    const { code, out } = await ended

    expect(code).toBe(130)
    expect(out).toMatch(/Interrupted after \d+ events/)
  })
})

describe('a terminal', () => {
  it('gets colours, unless NO_COLOR is set', async () => {
    const plain = await runCommand(withTasks(), { folder, input: joined, columns: 60, env: { NO_COLOR: '1' } })

    expect(plain.code).toBe(0)
    expect(plain.out).not.toMatch(/\u001b\[\d*m/)
    expect(plain.out).toContain('Instances  2: 1 finished, 1 unstarted')
  })

  it('that is dumb gets plain lines', async () => {
    const { out } = await runCommand(withTasks(), { folder, input: joined, columns: 60, env: { TERM: 'dumb' } })

    expect(out).not.toContain('\u001b')
  })
})

describe('what can\'t be used', () => {
  it.each([
    ['an unknown option', ['--bogus'], 'Unknown option --bogus.'],
    ['a configuration that is not there', ['--config', 'nowhere.json'], 'nowhere.json'],
    ['events without a workflow', ['--events', '-'], 'give --config FILE, or --preset'],
    ['events that are not there', ['--preset', 'questionnaire', '--events', 'nowhere.ndjson'], 'nowhere.ndjson'],
    ['events that are a folder', ['--preset', 'questionnaire', '--events', '.'], 'folder'],
    ['tasks that are not there', ['--preset', 'questionnaire', '--tasks', './nowhere.mjs'], 'nowhere.mjs'],
    ['tasks of a package that is not there', ['--preset', 'questionnaire', '--tasks', 'no-such-package-here'], 'no-such-package-here'],
  ])('exits with 2 and says what to do: %s', async (_what, args, message) => {
    const { code, out, err } = await runCommand(args, { folder })

    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(err).toContain('--help')
  })

  it('includes a configuration with faults, all of which are named', async () => {
    await file('flow.jsonc', '{ "t_a": { "after": "x" }, "t_b": { "after": [], "run": 7 } }')

    const { code, err } = await runCommand(config(), { folder })

    expect(code).toBe(2)
    for (const path of ['t_a.after', 't_a.run', 't_b.run']) expect(err).toContain(path)
  })

  it('includes a folder for standard input, which Node takes for an empty file', async () => {
    const handle = await open(folder)
    const input = Object.assign(Readable.from([]), { fd: handle.fd })

    const { code, out, err } = await runCommand(withTasks(), { folder, input })
    await handle.close()

    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain("Standard input can't be read: it is a folder")
  })

  it('includes a module without tasks, without all tasks, with one twice, or with one that has no name', async () => {
    await file('none.mjs', 'export const nothing = 1')
    await file('other.mjs', taskModule('({})').replace('app.join', 'app.other'))
    await file('twice.mjs', `${taskModule('({})')}\n${taskModule('({})').replace('const tasks', 'const more')}`)
    await file('nameless.mjs', taskModule('({})').replace('app.join', ''))

    const outcomes = await Promise.all(['none', 'other', 'twice', 'nameless'].map((name) => runCommand(config('--tasks', `./${name}.mjs`), { folder })))

    expect(outcomes.map(({ code }) => code)).toEqual([2, 2, 2, 2])
    expect(outcomes[0]?.err).toContain('exports no task')
    expect(outcomes[1]?.err).toContain('runs "app.join", which "./other.mjs" does not export')
    expect(outcomes[2]?.err).toContain('two tasks named "app.join"')
    expect(outcomes[3]?.err).toContain('"./nameless.mjs" exports a task without a name')
  })
})

describe('an input that can\'t be read any further', () => {
  function broken(text: string): Readable {
    const parts = [Buffer.from(text)]
    return new Readable({
      read() {
        const part = parts.shift()
        if (part === undefined) this.destroy(new Error('EIO: the cable is out'))
        else this.push(part)
      },
    })
  }

  it('is named, what was read before is summed up, and the exit code is 2', async () => {
    const { code, out, err } = await runCommand(withTasks(), { folder, input: broken(`nope\n${joined}{"session":`) })

    expect(code).toBe(2)
    expect(err).toMatch(/^line 1 is not JSON: .*\nstandard input can't be read any further: EIO: the cable is out\n$/)
    expect(out).toContain('Cut short after 4 events')
    expect(out).toContain('Instances  2: 1 finished, 1 unstarted')
  })

  it('is told in JSON, too', async () => {
    const { code, out } = await runCommand(withTasks('--json'), { folder, input: broken(joined) })

    expect(code).toBe(2)
    expect(records(out)['replay.summary.v1']).toMatchObject({ cutShort: true, events: 3 })
  })
})

describe('an unexpected error', () => {
  it('exits with 1', async () => {
    const now = (): number => {
      throw new Error('the clock is out')
    }

    const { code, err } = await runCommand(withTasks(), { folder, input: joined, now })

    expect(code).toBe(1)
    expect(err).toContain('Unexpected error: Error: the clock is out\n')
  })
})
