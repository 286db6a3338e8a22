import { createContext, runInContext } from 'node:vm'

import { isTriggerkitError } from '@triggerkit/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { toJson, toJsonObject } from './to-json.js'

function refusal(run: () => unknown): { code: string; message: string; path: unknown } {
  try {
    run()
  } catch (error) {
    if (isTriggerkitError(error)) return { code: error.code, message: error.message, path: error.details.path }
    throw error
  }
  throw new Error('nothing was refused')
}

const refused = (value: unknown) => refusal(() => toJson(value, 'kwargs'))

function nested(levels: number): unknown {
  let value: unknown = []
  for (let level = 1; level < levels; level++) value = [value]
  return value
}

describe('toJson', () => {
  it('gives what a trip through JSON text gives, for any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(toJson(value, 'kwargs')).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('either gives what JSON text gives or refuses, for any value whatever', () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withSparseArray: true, withNullPrototype: true })
    fc.assert(
      fc.property(anything, (value) => {
        let copy: unknown
        try {
          copy = toJson(value, 'kwargs')
        } catch (error) {
          expect(isTriggerkitError(error, 'InvalidPayload')).toBe(true)
          return
        }
        expect(copy).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('shares nothing with its input', () => {
    const value = { list: [{ a: 1 }] }

    const copy = toJson(value, 'kwargs')
    value.list[0]!.a = 2
    value.list.push({ a: 3 })

    expect(copy).toEqual({ list: [{ a: 1 }] })
  })

  it('copies an object that occurs twice, twice', () => {
    const shared = { a: 1 }
    const copy = toJson([shared, shared], 'kwargs') as readonly unknown[]
    expect(copy).toEqual([{ a: 1 }, { a: 1 }])
    expect(copy[0]).not.toBe(copy[1])
  })

  it('leaves out undefined members and turns -0 into 0', () => {
    expect(toJson({ a: undefined, b: -0 }, 'kwargs')).toStrictEqual({ b: 0 })
  })

  it('keeps __proto__ and constructor as plain own members', () => {
    const value: unknown = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')

    const copy = toJson(value, 'kwargs') as object

    expect(JSON.stringify(copy)).toBe(JSON.stringify(value))
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
    expect('polluted' in {}).toBe(false)
  })

  it('does not call toJSON', () => {
    expect(refused({ toJSON: () => 'text' })).toMatchObject({ code: 'InvalidPayload', path: 'kwargs.toJSON' })
  })

  it('accepts objects without a prototype and objects of another realm', () => {
    const foreign: unknown = runInContext('({ a: [{ b: 1 }] })', createContext({}))
    expect(toJson(foreign, 'kwargs')).toEqual({ a: [{ b: 1 }] })
    expect(toJson(Object.assign(Object.create(null) as object, { a: 1 }), 'kwargs')).toEqual({ a: 1 })
  })

  it.each([
    ['a Date', new Date(0), 'a Date is not JSON; give a string such as value.toISOString()'],
    ['a Map', new Map(), 'a Map is not JSON; give an object, such as Object.fromEntries(value)'],
    ['a Set', new Set(), 'a Set is not JSON; give a list, such as [...value]'],
    ['a function', () => 1, 'a function is not JSON'],
    ['a symbol', Symbol('s'), 'a symbol is not JSON; give a string'],
    ['a bigint', 1n, 'a bigint is not JSON; give a string'],
    ['NaN', NaN, 'NaN is not JSON'],
    ['Infinity', -Infinity, '-Infinity is not JSON'],
    ['a class instance', new (class Subject {})(), 'an instance of Subject is not JSON'],
    ['a typed array', new Uint8Array(1), 'an instance of Uint8Array is not JSON'],
    ['an error', new TypeError('secret'), 'an instance of TypeError is not JSON'],
    ['a boxed string', Object('text') as unknown, 'an instance of String is not JSON'],
    ['an object that inherits', Object.create({ a: 1 }) as unknown, 'an object is not JSON; give a plain one, which inherits from none'],
  ])('refuses %s with its path', (_what, value, message) => {
    expect(refused({ responses: { birthday: value } })).toEqual({
      code: 'InvalidPayload',
      message: `kwargs.responses.birthday: ${message}.`,
      path: 'kwargs.responses.birthday',
    })
  })

  it('refuses undefined in a list, a hole, and at the top', () => {
    expect(refused([1, undefined]).message).toBe('kwargs[1]: undefined is not JSON; give null.')
    expect(refused({ list: [, 1] }).path).toBe('kwargs.list[0]')
    expect(refused(undefined).path).toBe('kwargs')
  })

  it('refuses a list of a billion holes at once', () => {
    expect(refused(new Array(1e9)).code).toBe('PayloadTooLarge')
  })

  it('refuses a cycle where it closes', () => {
    const value: { list: unknown[] } = { list: [1] }
    value.list.push({ again: value })
    expect(refused(value)).toMatchObject({ code: 'InvalidPayload', path: 'kwargs.list[1].again' })
  })

  it('refuses symbols as names, but not hidden ones such as libraries leave', () => {
    expect(refused({ a: { [Symbol('s')]: 1 } })).toMatchObject({ code: 'InvalidPayload', path: 'kwargs.a' })
    expect(toJson(Object.defineProperty({ a: 1 }, Symbol('s'), { value: 1 }), 'kwargs')).toEqual({ a: 1 })
  })

  it('names the getter that throws, and keeps its error as cause', () => {
    const cause = new Error('broken')
    const value = {
      a: { b: [1] },
      c: {
        get d() {
          throw cause
        },
      },
    }
    expect(refused(value).message).toBe('kwargs.c.d: reading it threw an error; give plain data.')
    expect(() => toJson(value, 'kwargs')).toThrow(expect.objectContaining({ cause }))
  })

  it('shows its caller in the stack, however deep the fault lies', () => {
    const value = JSON.parse('{"a":{"b":{"c":{"d":{"e":{"f":{}}}}}}}') as { a: { b: { c: { d: { e: { f: unknown } } } } } }
    value.a.b.c.d.e.f = new Date()
    const giveKwargs = (): unknown => toJson(value, 'kwargs')

    expect(giveKwargs).toThrow(expect.objectContaining({ stack: expect.stringContaining('giveKwargs') as string }) as Error)
  })

  it('quotes what is no identifier in a path, and cuts what is long', () => {
    expect(refused({ 'first name': { '0': NaN } }).path).toBe('kwargs["first name"]["0"]')
    expect(refused({ ['x'.repeat(500)]: NaN }).path).toBe(`kwargs["${'x'.repeat(80)}…"]`)
  })

  it('takes 256 levels, and any other number that it is given', () => {
    expect(() => toJson(nested(256), 'kwargs')).not.toThrow()
    expect(refused(nested(257))).toMatchObject({ code: 'InvalidPayload' })
    expect(() => toJson(nested(3), 'kwargs', { maxDepth: 3 })).not.toThrow()
    expect(() => toJson(nested(4), 'kwargs', { maxDepth: 3 })).toThrow('kwargs[0][0][0]: is nested deeper than 3 levels')
  })

  it('takes 1 MiB, and any other number of bytes that it is given', () => {
    expect(() => toJson('x'.repeat(1_048_574), 'kwargs')).not.toThrow()
    expect(refused('x'.repeat(1_048_575))).toMatchObject({ code: 'PayloadTooLarge', path: 'kwargs' })
    expect(refused({ list: ['x'.repeat(600_000), 'x'.repeat(600_000)] }).code).toBe('PayloadTooLarge')
    expect(() => toJson('12345678', 'kwargs', { maxBytes: 10 })).not.toThrow()
    expect(() => toJson('123456789', 'kwargs', { maxBytes: 10 })).toThrow('takes more than 10 bytes')
  })

  it.each(['é', '€', '😀'])('counts the bytes of %s in UTF-8', (letter) => {
    const bytes = new TextEncoder().encode(letter).length + 2
    expect(() => toJson(letter, 'kwargs', { maxBytes: bytes })).not.toThrow()
    expect(() => toJson(letter, 'kwargs', { maxBytes: bytes - 1 })).toThrow('takes more than')
  })

  it('counts close to the length of the JSON text', () => {
    const value = { responses: [{ question: 'name', answer: 'Ötzi' }, { question: 'age', answer: null }], done: true }
    const bytes = new TextEncoder().encode(JSON.stringify(value)).length
    expect(() => toJson(value, 'kwargs', { maxBytes: bytes + 8 })).not.toThrow()
    expect(() => toJson(value, 'kwargs', { maxBytes: bytes - 8 })).toThrow('takes more than')
  })

  it('counts shared objects as often as they occur, so that few cannot blow up', () => {
    let value: unknown[] = []
    for (let level = 0; level < 100; level++) value = [value, value]
    expect(refused(value).code).toBe('PayloadTooLarge')
  })
})

describe('toJsonObject', () => {
  it('takes nothing for an empty object', () => {
    expect([toJsonObject(undefined, 'kwargs'), toJsonObject(null, 'kwargs')]).toEqual([{}, {}])
  })

  it.each([
    ['a list', [1]],
    ['a string', 'text'],
    ['a number', 1],
  ])('refuses %s', (what, value) => {
    expect(refusal(() => toJsonObject(value, 'kwargs')).message).toBe(`kwargs: must be an object, not ${what}.`)
  })

  it('refuses a Date as toJson does', () => {
    expect(() => toJsonObject(new Date(0), 'result')).toThrow('result: a Date is not JSON')
  })
})
