import { describe, expect, it } from 'vitest'

import { readSettings } from './settings.js'

describe('settings', () => {
  it('keep everything in memory without a Redis, and in Redis with one', () => {
    expect(readSettings({})).toMatchObject({ storage: 'memory', runner: 'inline', manager: 'finalizing' })
    expect(readSettings({ REDIS_URL: 'redis://127.0.0.1:6379' })).toMatchObject({ storage: 'redis', runner: 'bullmq' })
  })

  it('choose adapters by key', () => {
    expect(readSettings({ REDIS_URL: 'redis://127.0.0.1:6379', SURVEY_RUNNER: 'inline', SURVEY_MANAGER: 'default' })).toMatchObject({ storage: 'redis', runner: 'inline', manager: 'default' })
  })

  it('take what is empty for what is not set', () => {
    expect(readSettings({ REDIS_URL: '', SURVEY_TTL: '', PORT: '' })).toEqual(readSettings({}))
  })

  it('name every fault', () => {
    expect(() => readSettings({ PORT: 'many', SURVEY_CONCURRENCY: '0' })).toThrow(/PORT[^]*SURVEY_CONCURRENCY|SURVEY_CONCURRENCY[^]*PORT/)
  })
})
