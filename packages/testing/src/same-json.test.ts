import { describe, expect, it } from 'vitest'
import { isSameJson, jsonText } from './same-json.js'

describe('isSameJson', () => {
  it.each([
    [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }],
    [{ a: 1 }, { a: 1, b: undefined }],
    [null, null],
    [{ a: 7 }, { a: expect.any(Number) }],
  ])('finds %j the same as %j', (actual, expected) => {
    expect(isSameJson(actual, expected)).toBe(true)
  })

  it.each([
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, {}],
    [{}, { a: 1 }],
    [{ a: 1 }, { b: 1 }],
    [[], {}],
    [{ 0: 1 }, [1]],
    [[1, 2], [2, 1]],
    [null, {}],
    [{}, null],
    [[1], [1, undefined]],
    [[1, null], [1, undefined]],
    ['1', 1],
    [{ a: '7' }, { a: expect.any(Number) }],
    [JSON.parse('{"__proto__":{"a":1}}'), {}],
  ])('finds %j different from %j', (actual, expected) => {
    expect(isSameJson(actual, expected)).toBe(false)
  })
})

describe('jsonText', () => {
  it('writes JSON, and matchers as they describe themselves', () => {
    expect(jsonText({ a: [1], b: expect.any(Number) })).toBe('{"a":[1],"b":"Any<Number>"}')
    expect(jsonText({ a: { asymmetricMatch: () => true, toString: () => 'whatever' } })).toBe('{"a":"whatever"}')
  })
})
