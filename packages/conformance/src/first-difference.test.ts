import { describe, expect, it } from 'vitest'

import { firstDifference } from './first-difference.js'

describe('the first difference', () => {
  it('is nothing between equal values, whatever the order of their members', () => {
    expect(firstDifference({ a: [1, { b: null }], c: 'x' }, { c: 'x', a: [1, { b: null }] })).toBeUndefined()
  })

  it('names the path to a value that differs', () => {
    const difference = firstDifference({ instances: { 't_a#0': { status: 'finished' } } }, { instances: { 't_a#0': { status: 'failed' } } })

    expect(difference).toEqual({ path: 'instances.t_a#0.status', expected: 'finished', actual: 'failed' })
  })

  it('sees a member that is missing, and one that is too much', () => {
    expect(firstDifference({ a: 1 }, {})).toEqual({ path: 'a', expected: 1, actual: undefined })
    expect(firstDifference({}, { a: null })).toEqual({ path: 'a', expected: undefined, actual: null })
  })

  it('compares lists in order, and tells a list from an object', () => {
    expect(firstDifference(['a', 'b'], ['b', 'a'])).toMatchObject({ path: '0' })
    expect(firstDifference([], {})).toMatchObject({ path: '' })
  })

  it('takes members named like those of every object for plain ones', () => {
    const expected = JSON.parse('{"__proto__":{"a":1},"constructor":2}') as object

    expect(firstDifference(expected as never, {})).toMatchObject({ actual: undefined })
  })

  it('is seen in every member, whatever its name', () => {
    expect(firstDifference({ kwargs: { pythonType: 1 } }, { kwargs: { pythonType: 2 } })).toMatchObject({ path: 'kwargs.pythonType' })
  })
})
