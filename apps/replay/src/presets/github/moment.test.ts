import { describe, expect, it } from 'vitest'

import { momentOf } from './moment.js'

const at = (text: string): number => Date.parse(text)

describe('the moment of a payload', () => {
  it('is the latest that its subject tells of, in any notation', () => {
    const payload = {
      review: { submitted_at: '2019-05-15T15:20:38Z' },
      pull_request: { created_at: '2019-05-15T15:20:33Z', updated_at: '2019-05-15T17:20:40+02:00' },
    }

    expect(momentOf(payload)).toBe(at('2019-05-15T15:20:40Z'))
  })

  it('is not what is planned, or what only surrounds it', () => {
    const payload = {
      created_at: '2019-01-01T00:00:00Z',
      purchase: { next_billing_date: '2030-01-01T00:00:00Z' },
      sender: { created_at: '2025-01-01T00:00:00Z' },
    }

    expect(momentOf(payload)).toBe(at('2019-01-01T00:00:00Z'))
  })

  it('is its repository\'s where it tells none, and 0 where nothing does', () => {
    expect(momentOf({ repository: { updated_at: '2019-01-01T00:00:00Z' } })).toBe(at('2019-01-01T00:00:00Z'))
    expect(momentOf({ starred_at: 'yesterday' })).toBe(0)
  })
})
