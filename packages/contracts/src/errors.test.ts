import { describe, expect, it } from 'vitest'

import { isTriggerkitError, TriggerkitError } from './errors.js'

describe('an error of Triggerkit', () => {
  it('carries code, message, details and cause', () => {
    const cause = new Error('below')

    const error = new TriggerkitError('NotFailed', 'Not failed.', { cause, details: { instance: 't#0' } })

    expect(error).toMatchObject({ name: 'TriggerkitError', code: 'NotFailed', message: 'Not failed.', cause, details: { instance: 't#0' } })
    expect(error).toBeInstanceOf(Error)
  })

  it('has no cause unless one is given', () => {
    expect('cause' in new TriggerkitError('NotFailed', '')).toBe(false)
  })

  it('is recognised by its brand, whichever copy of the package made it', () => {
    const foreign = Object.defineProperty(new Error('x'), Symbol.for('triggerkit/error'), { value: true })

    expect(isTriggerkitError(new TriggerkitError('Closed', ''))).toBe(true)
    expect(isTriggerkitError(foreign)).toBe(true)
    expect(isTriggerkitError(new Error('Closed'))).toBe(false)
    expect(isTriggerkitError(null)).toBe(false)
    expect(isTriggerkitError('Closed')).toBe(false)
  })

  it('is asked of anything, also of what throws when it is looked at', () => {
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('Keep out.')
        },
      },
    )

    expect(isTriggerkitError(hostile)).toBe(false)
  })

  it('is told apart by its code', () => {
    const error = new TriggerkitError('Closed', '')

    expect(isTriggerkitError(error, 'Closed')).toBe(true)
    expect(isTriggerkitError(error, 'NotFailed')).toBe(false)
  })
})
