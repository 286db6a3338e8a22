import { describe, expect, it } from 'vitest'

import { milliseconds, positiveMilliseconds } from './duration.js'
import { LONGEST_RETRY_MS, RETENTION_MS } from './storage.js'

describe('a duration', () => {
  it.each([
    [0, 0],
    [1.5, 1.5],
    ['250ms', 250],
    ['10s', 10_000],
    ['1.5m', 90_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
  ] as const)('%j is %d milliseconds', (duration, expected) => {
    expect(milliseconds(duration, 'ttl')).toBe(expected)
  })

  it.each([-1, NaN, Infinity, '10', '10 s', 's', '-1s', null, undefined, {}])('%j is refused by the name of what it is for', (duration) => {
    expect(() => milliseconds(duration as never, 'cooldown')).toThrow(/^cooldown: /)
  })
})

describe('a duration that will not do', () => {
  it.each([
    [Infinity, 'Infinity'],
    [NaN, 'NaN'],
    [10n, '10'],
    ['10', '"10"'],
    [undefined, 'undefined'],
  ])('%s is shown as what it is', (duration, shown) => {
    expect(() => milliseconds(duration as never, 'ttl')).toThrow(`ttl: ${shown} is not a duration; give milliseconds`)
  })
})

describe('a duration that must be positive', () => {
  it('is like any other', () => {
    expect(positiveMilliseconds('10s', 'lease')).toBe(10_000)
    expect(() => positiveMilliseconds('soon' as never, 'lease')).toThrow(/^lease: "soon"/)
  })

  it.each([0, '0s', '0.0ms'] as const)('is not %j', (duration) => {
    expect(() => positiveMilliseconds(duration, 'lease')).toThrow(expect.objectContaining({ code: 'InvalidArgument', message: 'lease: give a duration above 0.', details: { name: 'lease' } }))
  })
})

describe('retention', () => {
  it('outlasts the longest retry, else a change could be applied twice', () => {
    expect(RETENTION_MS).toBeGreaterThan(LONGEST_RETRY_MS)
  })
})
