import { describe, expect, it } from 'vitest'

import { count, fit, printable } from './printable.js'

describe('texts', () => {
  it('of unknown origin lose what steers a terminal', () => {
    expect(printable('a\u001b[31mb\nc\u009bd')).toBe('a\\u001b[31mb\\u000ac\\u009bd')
  })

  it('of unknown origin lose their middle where they are long: how they end says as much as how they begin', () => {
    expect(printable('abcdefgh', 6)).toBe('abc…gh')
    expect(printable('abcdefg', 6)).toBe('abc…fg')
    expect(printable('abcdef', 6)).toBe('abcdef')
  })

  it('are cut with an ellipsis', () => {
    expect(fit('abcdef', 4)).toBe('abc…')
    expect(fit('abcd', 4)).toBe('abcd')
    expect(fit('abcd', 0)).toBe('…')
  })

  it('count with the right form and grouped digits', () => {
    expect([count(1, 'session'), count(0, 'session'), count(1204, 'session')]).toEqual(['1 session', '0 sessions', '1,204 sessions'])
  })
})
