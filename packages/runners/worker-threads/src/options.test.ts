import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'

import { describe, expect, it } from 'vitest'

import { toSettings } from './options.js'
import type { WorkerThreadsRunnerOptions } from './options.js'

describe('modules', () => {
  it.each<[string | URL, string]>([
    [new URL('file:///app/tasks.js'), 'file:///app/tasks.js'],
    ['file:///app/tasks.js', 'file:///app/tasks.js'],
    ['./tasks.js', pathToFileURL(resolve('tasks.js')).href],
    ['tasks.js', pathToFileURL(resolve('tasks.js')).href],
    ['/app/a b%#.js', 'file:///app/a%20b%25%23.js'],
  ])('%s is found at %s', (tasks, address) => {
    expect(toSettings({ tasks }).modules).toEqual([address])
  })
})

describe('options', () => {
  it('have defaults', () => {
    const { threads, tasksPerThread, timeLimit, grace, loadLimit, idleTimeout, key, remember } = toSettings({ tasks: 'tasks.js' })

    expect(threads).toBeGreaterThanOrEqual(1)
    expect([tasksPerThread, timeLimit, grace, loadLimit, idleTimeout, key, remember]).toEqual([1, null, 1_000, 30_000, 30_000, 'worker-threads', 10_000])
  })

  it.each<[string, object]>([
    ['tasks', { tasks: [] }],
    ['tasks', { tasks: undefined }],
    ['tasks', { tasks: '' }],
    ['tasks', { tasks: [7] }],
    ['threads', { threads: 0 }],
    ['threads', { threads: 1.5 }],
    ['tasksPerThread', { tasksPerThread: Infinity }],
    ['remember', { remember: -1 }],
    ['key', { key: '' }],
    ['timeLimit', { timeLimit: 'soon' }],
    ['timeLimit', { timeLimit: 0 }],
    ['loadLimit', { loadLimit: 0 }],
    ['grace', { grace: -1 }],
    ['loadLimit', { loadLimit: NaN }],
    ['idleTimeout', { idleTimeout: 'long' }],
    ['resourceLimits', { resourceLimits: 64 }],
    ['maxOldGenerationSizeMb', { resourceLimits: { maxOldGenerationSizeMB: 64 } }],
    ['resourceLimits.stackSizeMb', { resourceLimits: { stackSizeMb: 0 } }],
    ['worker', { worker: './worker.js' }],
  ])('that can\'t be read are refused by name: %s', (name, options) => {
    const read = (): unknown => toSettings({ tasks: 'tasks.js', ...options } as WorkerThreadsRunnerOptions)

    expect(read).toThrow(expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(name) }))
  })
})
