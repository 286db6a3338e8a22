import { describe, expect, it } from 'vitest'

import { closestName } from './closest-name.js'

const directives = ['after', 'andEvery', 'unless', 'withParams', 'run', 'using']

describe('closestName', () => {
  it.each([
    ['andEvry', 'andEvery'],
    ['AFTER', 'after'],
    ['and_every', 'andEvery'],
    ['unles', 'unless'],
    ['witParam', 'withParams'],
    ['runs', 'run'],
  ])('takes %j for %j', (name, expected) => {
    expect(closestName(name, directives)).toBe(expected)
  })

  it.each(['label', 'queue', 'in', 'cron', '', 'a'.repeat(500)])('finds nothing close to %j', (name) => {
    expect(closestName(name, directives)).toBeUndefined()
  })

  it('takes the closest, and the first of those equally close', () => {
    expect(closestName('rediss', ['redit', 'redis', 'rediss2'])).toBe('redis')
    expect(closestName('redis', ['redid', 'redit'])).toBe('redid')
  })
})
