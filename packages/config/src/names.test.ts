import { isTriggerkitError } from '@triggerkit/contracts'
import { describe, expect, it } from 'vitest'

import { checkName, MAX_NAME_LENGTH, MAX_UID_LENGTH } from './names.js'

function refused(kind: string, value: unknown): string {
  try {
    checkName(kind, value)
  } catch (error) {
    if (isTriggerkitError(error, 'InvalidName')) return error.message
  }
  throw new Error('was not refused by name')
}

describe('checkName', () => {
  it.each(['applicant:42', ' ', '__proto__', '42', 'pageReceived#0', '😀'])('takes %j', (name) => {
    expect(checkName('uid', name)).toBe(name)
  })

  it('names the kind and the value', () => {
    expect(refused('uid', '')).toBe('uid "": a name must not be empty.')
    expect(refused('trigger', 42)).toBe('trigger: a name must be a string, not a number.')
    expect(refused('task', undefined)).toBe('task: a name must be a string, not undefined.')
  })

  it('refuses half a surrogate pair', () => {
    expect(refused('task', 'a\ud83d')).toBe('task "a\\ud83d": a name must not contain half of a surrogate pair.')
  })

  it('knows the limit of each kind, and shows the beginning of what passes it', () => {
    expect(checkName('task', 'x'.repeat(MAX_NAME_LENGTH))).toHaveLength(512)
    expect(checkName('uid', 'x'.repeat(MAX_UID_LENGTH))).toHaveLength(1024)
    expect(refused('uid', 'x'.repeat(1025))).toBe(`uid "${'x'.repeat(80)}…": a name may have 1024 characters, not 1025.`)
    expect(refused('trigger', 'x'.repeat(513))).toContain('may have 512 characters')
  })
})
