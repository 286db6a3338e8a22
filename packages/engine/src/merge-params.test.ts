import { describe, expect, it } from 'vitest'

import { mergeParams } from './merge-params.js'

describe('mergeParams', () => {
  it('merges objects member by member at any depth, the kwargs on top', () => {
    const withParams = { a: { x: { p: 1, q: 2 } }, other: 'kept' }

    const merged = mergeParams({ withParams }, { a: { x: { q: 3 } } })

    expect(merged).toEqual({ a: { x: { p: 1, q: 3 } }, other: 'kept' })
  })

  it('removes nothing by an empty object, and replaces by anything that is no object', () => {
    const withParams = { empty: { x: 1 }, list: [1, 2], none: { x: 1 }, scalar: 1 }

    const merged = mergeParams({ withParams }, { empty: {}, list: [3], none: null, scalar: { x: 1 } })

    expect(merged).toEqual({ empty: { x: 1 }, list: [3], none: null, scalar: { x: 1 } })
  })

  it('keeps __proto__ and constructor as plain members, and reaches no prototype', () => {
    const withParams = JSON.parse('{"__proto__": {"a": 1}, "constructor": {"prototype": {"x": 1}}}') as Record<string, never>
    const kwargs = JSON.parse('{"__proto__": {"b": 2}, "constructor": {"prototype": {"y": 2}}}') as Record<string, never>

    const merged = mergeParams({ withParams }, kwargs)

    expect(JSON.stringify(merged)).toBe('{"__proto__":{"a":1,"b":2},"constructor":{"prototype":{"x":1,"y":2}}}')
    expect(({} as Record<string, unknown>)['b']).toBeUndefined()
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
  })

  it('leaves what it is given as it was', () => {
    const withParams = { a: { x: 1 } }
    const kwargs = { a: { y: 2 } }

    mergeParams({ withParams }, kwargs)

    expect([withParams, kwargs]).toEqual([{ a: { x: 1 } }, { a: { y: 2 } }])
  })
})
