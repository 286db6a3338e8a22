import { describe, expect, it } from 'vitest'

import { resolvesInTime } from './patience.js'

const signal = new AbortController().signal
const never = new Promise<void>(() => undefined)

describe('patience', () => {
  it('is enough for what resolves before it runs out', async () => {
    expect(await resolvesInTime(Promise.resolve(), { patienceMs: 60_000, signal })).toBe(true)
  })

  it('runs out', async () => {
    expect(await resolvesInTime(never, { patienceMs: 0, signal })).toBe(false)
  })

  it('ends with its signal, also with one that was aborted before', async () => {
    const stop = new AbortController()
    const patience = { patienceMs: 60_000, signal: stop.signal }

    const during = resolvesInTime(never, patience)
    stop.abort()
    const afterwards = resolvesInTime(never, patience)

    expect(await Promise.all([during, afterwards])).toEqual([false, false])
  })

  it('keeps no error to itself', async () => {
    await expect(resolvesInTime(Promise.reject(new Error('no')), { patienceMs: 60_000, signal })).rejects.toThrow('no')
  })
})
