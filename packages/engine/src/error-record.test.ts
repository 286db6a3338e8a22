import { TriggerkitError } from '@triggerkit/contracts'
import { describe, expect, it } from 'vitest'
import { errorContext, toErrorRecord, toPlain, withContext } from './error-record.js'

describe('toErrorRecord', () => {
  it('keeps type, message, code, stack and context of an error', () => {
    class SpamError extends Error {
      readonly code = 'SPAM'
    }
    const error = withContext(new SpamError('Too much.'), { score: 7 })

    expect(toErrorRecord(error)).toEqual({
      type: 'SpamError',
      message: 'Too much.',
      code: 'SPAM',
      stack: error.stack,
      context: { score: 7 },
      causes: [],
    })
  })

  it.each([
    ['a text', 'boom', 'string', 'boom'],
    ['null', null, 'null', 'null'],
    ['undefined', undefined, 'undefined', 'undefined'],
    ['a number', 42, 'number', '42'],
    ['a symbol', Symbol('no'), 'symbol', 'Symbol(no)'],
    ['a function', () => 'its code is nobody\'s concern', 'function', '"[function]"'],
    ['a function that resists', Object.assign(() => undefined, { toString: null }), 'function', '"[function]"'],
    ['a plain object', { status: 500 }, 'Object', '{"status":500}'],
    ['an object without prototype', Object.create(null), 'Error', '{}'],
    ['a frozen error', Object.freeze(new TypeError('cold')), 'TypeError', 'cold'],
  ])('describes %s that was thrown', (_what, thrown, type, message) => {
    expect(toErrorRecord(thrown)).toMatchObject({ type, message, causes: [] })
  })

  it('lists the chain of causes, nearest first', () => {
    const error = new Error('outer', { cause: new TypeError('middle', { cause: 'a text' }) })

    const { causes } = toErrorRecord(error)

    expect(causes.map(({ type, message, causes: inner }) => [type, message, inner])).toEqual([
      ['TypeError', 'middle', []],
      ['string', 'a text', []],
    ])
  })

  it('ends a chain of causes that closes upon itself', () => {
    const [first, second] = [new Error('first'), new Error('second')]
    Object.assign(first, { cause: second })
    Object.assign(second, { cause: first })

    expect(toErrorRecord(first).causes.map(({ message }) => message)).toEqual(['second'])
  })

  it('ends a chain of causes that is very long', () => {
    let error = new Error('0')
    for (let depth = 1; depth < 50; depth += 1) error = new Error(String(depth), { cause: error })

    expect(toErrorRecord(error).causes).toHaveLength(10)
  })

  it('describes what resists being read', () => {
    const hostile = Object.defineProperty(new Error('quiet'), 'message', {
      get() {
        throw new Error('not readable')
      },
    })
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()

    expect(toErrorRecord(hostile).type).toBe('Error')
    expect(toErrorRecord(proxy)).toMatchObject({ type: 'Error', message: '"[unreadable]"' })
  })

  it("takes the details of Triggerkit's own errors as context", () => {
    const error = new TriggerkitError('UnknownKey', 'No.', { details: { key: 'x' } })

    expect(toErrorRecord(withContext(error, { more: 1 }))).toMatchObject({ code: 'UnknownKey', context: { key: 'x', more: 1 } })
  })
})

describe('withContext', () => {
  it('gives back the error itself, and merges into what it has', () => {
    const error = new Error('Spam.')

    expect(withContext(withContext(error, { score: 1, kept: true }), { score: 2 })).toBe(error)
    expect(errorContext(error)).toEqual({ score: 2, kept: true })
    expect(Object.keys(error)).toEqual([])
  })

  it('works on frozen errors, also on those frozen later', () => {
    const frozen = Object.freeze(new Error('cold'))
    const frozenLater = withContext(new Error('cool'), { first: 1 })
    Object.freeze(frozenLater)

    withContext(withContext(frozen, { first: 1 }), { second: 2 })
    withContext(frozenLater, { second: 2 })

    expect([errorContext(frozen), errorContext(frozenLater)]).toEqual([
      { first: 1, second: 2 },
      { first: 1, second: 2 },
    ])
  })

  it.each(['text', 42, null, undefined])('makes an error of %j to carry the context', (thrown) => {
    const error: Error = withContext(thrown, { found: true })

    expect(error).toBeInstanceOf(Error)
    expect([error.message, errorContext(error)]).toEqual([String(thrown), { found: true }])
  })

  it('finds no context on what has none', () => {
    expect([errorContext(new Error('bare')), errorContext('text'), errorContext(null)]).toEqual([{}, {}, {}])
  })
})

describe('toPlain', () => {
  it('describes what JSON does not hold', () => {
    const value = { when: new Date(0), never: new Date(NaN), big: 10n, nan: NaN, run: () => 1, nothing: undefined, map: new Map([['a', 1]]), error: new TypeError('no') }

    expect(toPlain(value)).toEqual({
      when: '1970-01-01T00:00:00.000Z',
      never: 'Invalid Date',
      big: '10',
      nan: 'NaN',
      run: '[function]',
      nothing: 'undefined',
      map: [['a', 1]],
      error: { name: 'TypeError', message: 'no' },
    })
  })

  it('describes an error whose message is no text', () => {
    const odd = Object.assign(new Error(), { message: { big: 10n } })
    const circular = new Error()
    Object.assign(circular, { message: circular })

    expect([toPlain(odd), toPlain(circular)]).toEqual([
      { name: 'Error', message: { big: '10' } },
      { name: 'Error', message: '[circular]' },
    ])
  })

  it('cuts cycles, but shows twice what lies in two places', () => {
    const shared = { deep: true }
    const circular: Record<string, unknown> = { left: shared, right: shared }
    circular['self'] = circular

    expect(toPlain(circular)).toEqual({ left: shared, right: shared, self: '[circular]' })
  })

  it('keeps a member called __proto__ as a member', () => {
    const plain = toPlain(JSON.parse('{"__proto__":{"polluted":true}}')) as object

    expect(Object.keys(plain)).toEqual(['__proto__'])
    expect('polluted' in {}).toBe(false)
  })

  it('cuts what is too deep, too long or too much', () => {
    const wide = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [index, { ...Array.from({ length: 99 }, () => ({ a: 1, b: 2 })) }]))
    let deep: unknown = 'ground'
    for (let level = 0; level < 20; level += 1) deep = [deep]

    expect(JSON.stringify(toPlain(wide)).length).toBeLessThan(40_000)
    expect(JSON.stringify(toPlain(deep))).toBe(`${'['.repeat(8)}"[cut]"${']'.repeat(8)}`)
    expect(toPlain('x'.repeat(20_000))).toHaveLength(10_001)
  })
})
