import { isTriggerkitError } from '@triggerkit/contracts'
import { describe, expect, it } from 'vitest'

import { type ConfigurationFault } from './configuration-fault.js'
import { parseConfiguration } from './parse-configuration.js'

const task = { after: ['a'], run: 'app.run' }
const normalised = { after: ['a'], andEvery: null, unless: [], withParams: {}, run: 'app.run', using: null, extras: {} }

function faults(input: unknown): readonly string[] {
  try {
    parseConfiguration(input)
  } catch (error) {
    if (!isTriggerkitError(error, 'InvalidConfiguration')) throw error
    return (error.details.faults as readonly ConfigurationFault[]).map(({ path, message }) => `${path}: ${message}`)
  }
  throw new Error('was not refused')
}

const faultsOf = (directives: Record<string, unknown>) => faults({ t_a: { ...task, ...directives } })
const parsed = (directives: Record<string, unknown>) => parseConfiguration({ t_a: { ...task, ...directives } }).tasks[0]![1]
const warnings = (input: unknown) => parseConfiguration(input).warnings.map(({ path, message }) => `${path}: ${message}`)

function nested(levels: number): unknown {
  return levels === 0 ? 1 : { in: nested(levels - 1) }
}

describe('parseConfiguration', () => {
  it('fills in every default', () => {
    expect(parseConfiguration({ t_a: task })).toEqual({ tasks: [['t_a', normalised]], warnings: [] })
  })

  it('takes an object, a list of pairs and a Map alike, in their order', () => {
    const expected = parseConfiguration({ t_b: task, t_a: task })

    expect(parseConfiguration([['t_b', task], ['t_a', task]])).toEqual(expected)
    expect(parseConfiguration(new Map([['t_b', task], ['t_a', task]]))).toEqual(expected)
    expect(expected.tasks.map(([name]) => name)).toEqual(['t_b', 't_a'])
  })

  it('takes an empty configuration', () => {
    expect(parseConfiguration({})).toEqual({ tasks: [], warnings: [] })
  })

  it('takes null and undefined for an optional directive that is absent', () => {
    for (const nothing of [null, undefined]) {
      expect(parsed({ andEvery: nothing, unless: nothing, withParams: nothing, using: nothing })).toEqual(normalised)
    }
    expect(parsed({ custom: undefined })).toEqual(normalised)
  })

  it('takes Sets and drops what is listed twice', () => {
    expect(parsed({ after: new Set(['b', 'a']), unless: new Set(['c']) })).toMatchObject({ after: ['b', 'a'], unless: ['c'] })
    expect(parsed({ after: ['b', 'a', 'b'], unless: ['d', 'c', 'd'] })).toMatchObject({ after: ['b', 'a'], unless: ['d', 'c'] })
  })

  it('makes andEvery a part of after, last where it is not listed', () => {
    expect(parsed({ after: ['a', 'b'], andEvery: 'c' })).toMatchObject({ after: ['a', 'b', 'c'], andEvery: 'c' })
    expect(parsed({ after: ['c', 'b'], andEvery: 'c' })).toMatchObject({ after: ['c', 'b'], andEvery: 'c' })
  })

  it('takes an empty andEvery and an empty using for none', () => {
    expect(parsed({ andEvery: '', using: '' })).toEqual(normalised)
  })

  it('takes an empty after, an empty run and an unknown runner', () => {
    expect(parsed({ after: [], run: '', using: 'nowhere' })).toMatchObject({ after: [], run: '', using: 'nowhere' })
  })

  it('keeps custom directives as given, __proto__ and constructor too', () => {
    const input: unknown = JSON.parse('{"t_a":{"after":[],"run":"r","__proto__":{"x":1},"constructor":null,"label":[1,{"y":2}]}}')

    const [[, { extras }] = ['', normalised]] = parseConfiguration(input).tasks

    expect(JSON.stringify(extras)).toBe('{"__proto__":{"x":1},"constructor":null,"label":[1,{"y":2}]}')
    expect(Object.getPrototypeOf(extras)).toBe(Object.prototype)
  })

  it('gives the same for its own tasks, once their custom directives stand beside the others', () => {
    const { tasks } = parseConfiguration({ t_a: { ...task, andEvery: 'b', unless: ['c'], label: 'x', using: 'q' }, t_b: task })

    const again = parseConfiguration(tasks.map(([name, { extras, ...directives }]) => [name, { ...extras, ...directives }]))

    expect(again.tasks).toEqual(tasks)
  })

  it('does not find after or run on a prototype', () => {
    const input: unknown = JSON.parse('{"t_a":{"__proto__":{"after":[],"run":"r"}}}')
    expect(faults(input)).toHaveLength(2)
  })

  it('ignores $schema beside the tasks of an object', () => {
    expect(parseConfiguration({ $schema: './schema.json', t_a: task }).tasks).toHaveLength(1)
  })

  it('keeps a task that is called $schema', () => {
    expect(parseConfiguration({ $schema: task }).tasks).toMatchObject([['$schema', {}]])
  })

  it('shares nothing with its input', () => {
    const input = { t_a: { ...task, after: ['a'], label: { deep: [1] } } }
    const { tasks } = parseConfiguration(input)
    input.t_a.after.push('b')
    input.t_a.label.deep.push(2)
    expect(tasks[0]![1]).toMatchObject({ after: ['a'], extras: { label: { deep: [1] } } })
  })

  it('takes __proto__ as the name of a task', () => {
    const input: unknown = JSON.parse('{"__proto__":{"after":["constructor"],"run":"r"}}')
    expect(parseConfiguration(input).tasks).toEqual([['__proto__', { ...normalised, after: ['constructor'], run: 'r' }]])
  })

  it('takes 10,000 tasks', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => [`t_${index}`, task])
    expect(parseConfiguration(many).tasks).toHaveLength(10_000)
    expect(faults([...many, ['t_more', task]])).toEqual(['configuration: has 10001 tasks, 10000 are allowed'])
    expect(faults(new Array(1e9))).toEqual(['configuration: has 1000000000 tasks, 10000 are allowed'])
  })
})

describe('parseConfiguration refuses', () => {
  it('everything at once, listing every fault in its message', () => {
    const input = { t_a: { after: 'a' }, t_b: { run: 7, after: ['x', '', 3], unless: {} }, t_c: task }

    const expected = [
      't_a.after: must be a list or Set of trigger names, not a string',
      't_a.run: is missing; name the task function',
      't_b.after[1]: a name must not be empty',
      't_b.after[2]: a name must be a string, not a number',
      't_b.unless: must be a list or Set of trigger names, not an object',
      't_b.run: must be a string, not a number',
    ]
    expect(faults(input)).toEqual(expected)
    expect(() => parseConfiguration(input)).toThrow(['The configuration was refused: 6 faults.', ...expected].join('\n  '))
  })

  it('a task without after or run', () => {
    expect(faults({ t_a: {} })).toEqual([
      't_a.after: is missing; list the triggers to wait for (the list may be empty)',
      't_a.run: is missing; name the task function',
    ])
    expect(faultsOf({ after: undefined })).toHaveLength(1)
    expect(faultsOf({ after: null, run: null })).toEqual([
      't_a.after: must be a list or Set of trigger names, not null',
      't_a.run: must be a string, not null',
    ])
  })

  it.each([
    [{ andEvery: ['a'] }, 't_a.andEvery: a name must be a string, not a list'],
    [{ unless: 'a' }, 't_a.unless: must be a list or Set of trigger names, not a string'],
    [{ unless: [null] }, 't_a.unless[0]: a name must be a string, not null'],
    [{ withParams: [] }, 't_a.withParams: must be an object, not a list'],
    [{ withParams: 'x' }, 't_a.withParams: must be an object, not a string'],
    [{ using: 1 }, 't_a.using: must be a string, not a number'],
    [{ after: ['x'.repeat(513)] }, 't_a.after[0]: a name may have 512 characters, not 513'],
    [{ andEvery: '\udc00' }, 't_a.andEvery: a name must not contain half of a surrogate pair'],
    [{ after: { 0: 'a' } }, 't_a.after: must be a list or Set of trigger names, not an object'],
    [{ after: { constructor: { name: 'secret' } } }, 't_a.after: must be a list or Set of trigger names, not an object'],
  ])('the wrong type or name in %j', (directives, fault) => {
    expect(faultsOf(directives)).toEqual([fault])
  })

  it.each([
    [{ label: () => 1 }, 't_a.label: a function is not JSON'],
    [{ withParams: { a: { when: new Date(0) } } }, 't_a.withParams.a.when: a Date is not JSON; give a string such as value.toISOString()'],
    [{ label: NaN }, 't_a.label: NaN is not JSON'],
    [{ label: [1n] }, 't_a.label[0]: a bigint is not JSON; give a string'],
    [{ withParams: new Map() }, 't_a.withParams: a Map is not JSON; give an object, such as Object.fromEntries(value)'],
    [{ label: new Set() }, 't_a.label: a Set is not JSON; give a list, such as [...value]'],
    [{ after: new Set([Symbol('s')]) }, 't_a.after[0]: a symbol is not JSON; give a string'],
  ])('what is not JSON', (directives, fault) => {
    expect(faultsOf(directives)).toEqual([fault])
  })

  it('several things within one directive, each with its path', () => {
    expect(faultsOf({ withParams: { a: { x: NaN, y: undefined, z: [undefined] } } })).toEqual([
      't_a.withParams.a.x: NaN is not JSON',
      't_a.withParams.a.z[0]: undefined is not JSON; give null',
    ])
  })

  it('a cycle, also one through the task', () => {
    const cyclic: Record<string, unknown> = { ...task }
    cyclic['label'] = { task: cyclic }
    expect(faults({ t_a: cyclic })).toEqual(['t_a.label.task: a cycle is not JSON: this contains itself'])
  })

  it('a getter that throws', () => {
    const throwing = {
      ...task,
      get using(): string {
        throw new Error('broken')
      },
    }
    expect(faults({ t_a: throwing })).toEqual(['t_a.using: reading it threw an error; give plain data'])
  })

  it('a getter or a proxy that throws in place of a task, or of the whole', () => {
    const broken = (): never => {
      throw new Error('broken')
    }
    const proxy = new Proxy({}, { ownKeys: broken })
    const getter = Object.defineProperty({ t_c: 1 }, 't_b', { get: broken, enumerable: true })

    expect(faults({ t_a: proxy, t_b: 1 })).toEqual([
      't_a: reading it threw an error; give plain data',
      't_b: must be an object with after and run, not a number',
    ])
    expect(faults(getter)).toEqual(['t_c: must be an object with after and run, not a number', 't_b: reading it threw an error; give plain data'])
    expect(faults(proxy)).toEqual(['configuration: reading it threw an error; give plain data'])
  })

  it('more than 32 levels', () => {
    expect(() => parsed({ label: nested(31) })).not.toThrow()
    expect(faultsOf({ label: nested(32) })).toEqual([expect.stringContaining('is nested deeper than 32 levels')])
  })

  it('more than 1 MiB in one task, but not in several', () => {
    const large = { ...task, label: 'x'.repeat(1_000_000) }
    expect(parseConfiguration({ t_a: large, t_b: large }).tasks).toHaveLength(2)
    expect(faults({ t_a: { ...large, more: 'x'.repeat(100_000) } })).toEqual([
      't_a: takes more than 1048576 bytes; keep large data elsewhere and pass a reference',
    ])
  })

  it('what is too large or has symbols for names, without a word against what could not be looked at', () => {
    expect(faults({ t_a: { label: 'x'.repeat(1_100_000), ...task } })).toEqual([
      't_a: takes more than 1048576 bytes; keep large data elsewhere and pass a reference',
    ])
    expect(faults({ t_a: { ...task, [Symbol('s')]: 1 } })).toEqual(['t_a: a symbol as the name of a member is not JSON; give a string'])
  })

  it.each([
    ['', '[""]: a name must not be empty'],
    ['x'.repeat(513), `["${'x'.repeat(80)}…"]: a name may have 512 characters, not 513`],
    ['t \ud800', '["t \\ud800"]: a name must not contain half of a surrogate pair'],
  ])('%j as the name of a task', (name, fault) => {
    expect(faults({ [name]: task })).toEqual([fault])
  })

  it('pairs that are none, names that are no text, and a name given twice in a list', () => {
    expect(faults([['t_a', task], 't_b', ['t_c'], [7, task], ['t_a', task]])).toEqual([
      '[1]: must be a pair [name, task]',
      '[2]: must be a pair [name, task]',
      '[3]: a name must be a string, not a number',
      't_a: another task before it has the same name',
    ])
  })

  it.each([
    [null, 'null'],
    ['text', 'a string'],
    [new Date(0), 'a Date'],
    [new Set(), 'a Set'],
  ])('%s as a configuration', (input, what) => {
    expect(faults(input)).toEqual([`configuration: must be an object, a Map or a list of [name, task], not ${what}`])
  })

  it.each([[null, 'null'], [undefined, 'undefined'], [[], 'a list'], ['run', 'a string']])('%j as a task', (value, what) => {
    expect(faults({ t_a: value })).toEqual([`t_a: must be an object with after and run, not ${what}`])
  })

  it('names in its paths as a reader would write them', () => {
    expect(faults({ 'first.task': { after: [], run: 1 } })).toEqual(['["first.task"].run: must be a string, not a number'])
  })
})

describe('parseConfiguration warns of', () => {
  it('a custom directive close to a known one', () => {
    expect(warnings({ t_a: { ...task, andEvry: 'b', Unless: [], label: 'x' } })).toEqual([
      't_a.andEvry: is kept but has no effect; did you mean andEvery?',
      't_a.Unless: is kept but has no effect; did you mean unless?',
    ])
  })

  it('names that look like integers, in an object only', () => {
    expect(warnings({ 7: task, '007': task, 4294967295: task })).toEqual([
      '["7"]: JavaScript moves names that look like integers to the front; give a list of [name, task] to keep your order',
    ])
    expect(warnings([['7', task]])).toEqual([])
  })

  it('params of a trigger that are no object', () => {
    expect(warnings({ t_a: { ...task, withParams: { a: 'x', b: {}, c: null } } })).toEqual([
      't_a.withParams.a: the kwargs of a trigger are an object, not a string',
      't_a.withParams.c: the kwargs of a trigger are an object, not null',
    ])
  })

  it('a trigger in both after and unless', () => {
    expect(warnings({ t_a: { ...task, andEvery: 'b', unless: ['b', 'c'] } })).toEqual([
      't_a.unless: "b" is in after, too: the task waits for what keeps it from running',
    ])
  })

  it('a trigger in both within the time of a test, however many names there are', () => {
    const names = (letter: string) => Array.from({ length: 60_000 }, (_, index) => letter + index.toString(36))

    expect(warnings({ t_a: { ...task, after: names('a'), unless: names('b') } })).toEqual([])
  })
})
