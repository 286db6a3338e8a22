import { describe, expect, it } from 'vitest'
import { callBack } from './call-back.js'

const fault = new Error('It failed.')

describe('a callback', () => {
  it.each([
    ['throws', () => { throw fault }],
    ['rejects', async () => Promise.reject(fault)],
    ['gives a foreign promise that rejects', () => ({ then: (_done: unknown, fail: (error: unknown) => void) => fail(fault) })],
  ])('that %s is told of', async (_what, call) => {
    const told = await new Promise((resolve) => callBack(call, resolve))

    expect(told).toBe(fault)
  })

  it.each([undefined, null, 7, 'text', { then: 'now' }, Promise.resolve()])('that gives %o is not', async (returned) => {
    const told: unknown[] = []

    callBack(() => returned, (error) => told.push(error))
    await Promise.resolve<unknown>(returned)

    expect(told).toEqual([])
  })
})
