import { describe, expect, it } from 'vitest'

import { instancesPrefix, namedKey, parseInstanceName, placeKey } from './keys.js'

describe('keys', () => {
  it('sort by creation as text', () => {
    const keys = [placeKey('i', 10, 2), placeKey('i', 2, 10), placeKey('i', 2, 9)]

    expect(keys.sort()).toEqual(['i/00002/000000009', 'i/00002/000000010', 'i/00010/000000002'])
  })

  it('of a task begin with its prefix, and no other task\'s do', () => {
    expect(placeKey('u', 1, 5).startsWith(instancesPrefix('u', 1))).toBe(true)
    expect(placeKey('u', 10, 5).startsWith(instancesPrefix('u', 1))).toBe(false)
    expect(placeKey('u', 10, 5).startsWith(instancesPrefix('u'))).toBe(true)
  })

  it('keep any name as it is', () => {
    expect(namedKey('l', 'a/b#__proto__')).toBe('l/a/b#__proto__')
  })
})

describe('parseInstanceName', () => {
  it('takes the number after the last #', () => {
    expect(parseInstanceName('t#1#22')).toEqual({ task: 't#1', number: 22 })
    expect(parseInstanceName('line\nbreak#0')).toEqual({ task: 'line\nbreak', number: 0 })
  })

  it('knows what can be no instance', () => {
    for (const name of ['t', '#0', 't#', 't#01', 't#-1', 't#1.5', 't#1e3', 't#1234567890']) expect(parseInstanceName(name), name).toBeUndefined()
  })
})
