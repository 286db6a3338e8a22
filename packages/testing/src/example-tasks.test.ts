import { describe, expect, it } from 'vitest'
import { createTestbed, devNull, ExampleFailure, exampleTasks, failing, passThrough, selfRetrying, selfSkipping } from './index.js'

describe('the example tasks', () => {
  it('are known by their names', () => {
    expect(exampleTasks.map(({ name }) => name)).toEqual(['passThrough', 'devNull', 'failing', 'selfSkipping', 'selfRetrying'])
  })

  it('pass on what they got, or nothing', async () => {
    await using bed = await createTestbed()

    const passed = await bed.runTask(passThrough, { kwargs: { page: { number: 1 } }, withParams: { extra: { deep: true } } })
    const dropped = await bed.runTask(devNull, { kwargs: { page: { number: 1 } } })

    expect(passed.result).toEqual({ kwargs: { page: { number: 1 }, extra: { deep: true } } })
    expect(dropped.result).toEqual({})
  })

  it('fail, with the message that they are given', async () => {
    await using bed = await createTestbed()

    const plain = await bed.runTask(failing)
    const told = await bed.runTask(failing, { extras: { message: 'No more paper.' } })

    expect([plain.status, plain.error?.type, plain.error?.message]).toEqual(['failed', ExampleFailure.name, 'This task always fails.'])
    expect(told.error?.message).toBe('No more paper.')
  })

  it('skip themselves, with what they got', async () => {
    await using bed = await createTestbed()

    const { status, metadata } = await bed.runTask(selfSkipping, { kwargs: { page: { number: 1 } } })

    expect([status, metadata]).toEqual(['skipped', { kwargs: { page: { number: 1 } } }])
  })

  it.each([
    [undefined, 't_task#3', 3],
    [1, 't_task#1', 1],
    [0, 't_task#0', 0],
  ])('retry as often as they are told: %s', async (retries, last, count) => {
    await using bed = await createTestbed()

    const { name, result } = await bed.runTask(selfRetrying, { extras: { cooldown: 1_000, ...(retries !== undefined && { retries }) } })

    expect([name, result]).toEqual([last, { retries: count }])
    expect(bed.clock.monotonic()).toBe(count * 1_000)
  })

  it('fail in the end if they are told to retry too often', async () => {
    await using bed = await createTestbed()

    const { name, error } = await bed.runTask(selfRetrying, { extras: { retries: 4 } })

    expect([name, error?.code]).toEqual(['t_task#3', 'MaxRetriesExceeded'])
  })
})
