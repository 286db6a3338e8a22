import { withContext } from '@triggerkit/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  assertInstanceAbandoned,
  assertInstanceFailed,
  assertInstanceFinished,
  assertInstanceMissing,
  assertInstanceReplayed,
  assertInstanceSkipped,
  assertInstanceUnstarted,
  AssertionError,
  assertUnresolvedInstances,
  assertUnresolvedTasks,
  createTestbed,
  exampleTasks,
} from './index.js'
import type { Testbed } from './index.js'

class Timeout extends Error {
  readonly code = 'ETIMEDOUT'
}

class Renamed extends Error {
  override readonly name = 'OtherName'
}

function timeout(): Error {
  const cause = new TypeError('socket hang up')
  cause.stack = 'TypeError: socket hang up\n    at connect (net.ts:1:2)'
  const error = new Timeout('No answer.', { cause })
  error.stack = 'Error: No answer.\n    at importSubject (import.ts:3:5)\n    at run (run.ts:7:1)'
  return error
}

const configuration = {
  t_done: { after: ['page'], run: 'passThrough' },
  t_failed: {
    after: ['page'],
    run: () => {
      throw withContext(timeout(), { secret: 'never shown' })
    },
  },
  t_retried: { after: ['page'], run: 'selfRetrying', retries: 1 },
  t_skipped: { after: ['page'], run: 'selfSkipping' },
  t_abandoned: { after: ['page', 'never'], unless: ['embedded'], run: 'devNull' },
  t_waiting: { after: ['page', 'done', 'paid'], run: 'devNull' },
  t_missing: { after: ['page2', 'done'], run: 'devNull' },
}

/** What every message shows of the session. */
const SESSION = `Session "survey:1":
  t_done#0 finished
  t_failed#0 failed: Timeout: No answer. (code ETIMEDOUT)
  t_retried#0 was replayed
  t_retried#1 finished
  t_skipped#0 was skipped
  t_abandoned#0 was abandoned
  t_waiting#0 is unstarted, waits for done, paid
  t_missing has no instance, waits for page2, done`

const ERROR = `Error of t_failed#0:
  Timeout: No answer. (code ETIMEDOUT)
      at importSubject (import.ts:3:5)
      at run (run.ts:7:1)
  caused by TypeError: socket hang up
      at connect (net.ts:1:2)`

let bed: Testbed

beforeEach(async () => {
  bed = await createTestbed({ uid: 'survey:1', tasks: exampleTasks, configuration })
  await bed.manager.fire('embedded')
  await bed.manager.fire('page', { number: 1 })
  await bed.drain()
})

afterEach(() => bed.close())

async function failure(assertion: Promise<void>): Promise<AssertionError> {
  return assertion.then(
    () => expect.fail('The assertion holds.'),
    (error: AssertionError) => error,
  )
}

describe('assertions that hold', () => {
  it('say nothing, of a manager and of a session alike', async () => {
    for (const session of [bed.manager, bed.triggers.session('survey:1')]) {
      await assertInstanceAbandoned(session, 't_abandoned#0')
      await assertInstanceFailed(session, 't_failed#0')
      await assertInstanceFinished(session, 't_done#0')
      await assertInstanceMissing(session, 't_missing#0')
      await assertInstanceReplayed(session, 't_retried#0')
      await assertInstanceSkipped(session, 't_skipped#0')
      await assertInstanceUnstarted(session, 't_waiting#0')
      await assertUnresolvedTasks(session, ['t_missing', 't_failed', 't_waiting'])
      await assertUnresolvedInstances(session, ['t_waiting#0', 't_failed#0'])
    }
  })

  it.each([Timeout, TypeError, Error, 'Timeout', 'ETIMEDOUT', 'TypeError'])('know an error as %s, there or among its causes', async (error) => {
    await assertInstanceFailed(bed.manager, 't_failed#0', error)
  })

  it('compare a result as JSON, with matchers in it', async () => {
    await assertInstanceFinished(bed.manager, 't_done#0', { kwargs: { page: { number: 1 } } })
    await assertInstanceFinished(bed.manager, 't_done#0', { kwargs: { page: { number: expect.any(Number) } } })
    await assertInstanceFinished(bed.manager, 't_done#0', expect.objectContaining({ kwargs: expect.anything() }))
  })
})

describe('an assertion that fails', () => {
  it.each([
    ['abandoned', () => assertInstanceAbandoned(bed.manager, 't_done#0'), 't_done#0 should have been abandoned, but it finished.'],
    ['failed', () => assertInstanceFailed(bed.manager, 't_waiting#0'), 't_waiting#0 should have failed, but it is unstarted.'],
    ['finished', () => assertInstanceFinished(bed.manager, 't_skipped#0'), 't_skipped#0 should have finished, but it was skipped.'],
    ['missing', () => assertInstanceMissing(bed.manager, 't_waiting#0'), 't_waiting#0 should be missing, but it is unstarted.'],
    ['replayed', () => assertInstanceReplayed(bed.manager, 't_retried#1'), 't_retried#1 should have been replayed, but it finished.'],
    ['skipped', () => assertInstanceSkipped(bed.manager, 't_retried#0'), 't_retried#0 should have been skipped, but it was replayed.'],
    ['unstarted', () => assertInstanceUnstarted(bed.manager, 't_missing#0'), 't_missing#0 should be unstarted, but there is no such instance.'],
  ])('says so of what should be %s, and what there is', async (_status, assertion, fault) => {
    expect((await failure(assertion())).message).toBe(`${fault}\n${SESSION}`)
  })

  it('shows the error of the instance, its causes and their traces', async () => {
    const { message } = await failure(assertInstanceFinished(bed.manager, 't_failed#0'))

    expect(message).toBe(`t_failed#0 should have finished, but it failed.\n${ERROR}\n${SESSION}`)
  })

  it('shows which error there is where another was expected', async () => {
    const byClass = await failure(assertInstanceFailed(bed.manager, 't_failed#0', RangeError))
    const byCode = await failure(assertInstanceFailed(bed.manager, 't_failed#0', 'ECONNRESET'))

    expect(byClass.message).toBe(`t_failed#0 should have failed with RangeError, but it failed with Timeout.\n${ERROR}\n${SESSION}`)
    expect(byCode.message).toMatch(/^t_failed#0 should have failed with ECONNRESET, but it failed with Timeout\.\n/)
  })

  it('shows which result there is where another was expected', async () => {
    const error = await failure(assertInstanceFinished(bed.manager, 't_done#0', { kwargs: expect.any(Number) }))

    expect(error.message).toBe(`t_done#0 should have finished with {"kwargs":"Any<Number>"}, but its result is {"kwargs":{"page":{"number":1}}}.\n${SESSION}`)
    expect([error.actual, error.expected]).toEqual([{ kwargs: { page: { number: 1 } } }, { kwargs: expect.any(Number) }])
  })

  it('is known as an assertion to test frameworks', async () => {
    const error = await failure(assertInstanceFinished(bed.manager, 't_failed#0'))

    expect(error).toBeInstanceOf(AssertionError)
    expect([error.name, error.code]).toEqual(['AssertionError', 'ERR_ASSERTION'])
  })

  it('asks whether drain was awaited where something is under way', async () => {
    await bed.manager.updateConfiguration({ t_slow: { after: ['slow'], run: 'selfRetrying', cooldown: 60_000 } })
    await bed.manager.fire('slow')
    await bed.clock.advance(1)

    const { message } = await failure(assertInstanceFinished(bed.manager, 't_slow#1'))

    expect(message.split('\n')[0]).toBe('t_slow#1 should have finished, but it is scheduled (was drain awaited?).')
    expect(message.split('\n').at(-1)).toBe('  t_slow#1 is scheduled, cooling down for 60000 ms since 2026-01-01T00:00:00.000Z')
  })

  it('lists no more than one can read', async () => {
    await bed.manager.updateConfiguration({ t_often: { after: [], andEvery: 'again', run: 'devNull' } })
    for (let count = 0; count < 60; count += 1) await bed.manager.fire('again')
    await bed.drain()

    const lines = (await failure(assertInstanceMissing(bed.manager, 't_often#59'))).message.split('\n')

    expect(lines).toHaveLength(53)
    expect(lines.at(-1)).toBe('  … and 18 more')
  })

  it('tells of a session without tasks', async () => {
    const { message } = await failure(assertInstanceFinished(bed.triggers.session('other'), 't_done#0'))

    expect(message).toBe('t_done#0 should have finished, but there is no such instance.\nSession "other" has no tasks.')
  })

  it.each([
    [[], 'none', 'unresolved, too: t_failed, t_missing, t_waiting'],
    [['t_failed', 't_missing'], 't_failed, t_missing', 'unresolved, too: t_waiting'],
    [['t_done', 't_failed', 't_missing', 't_waiting'], 't_done, t_failed, t_missing, t_waiting', 'resolved or unknown: t_done'],
    [['t_typo', 't_failed', 't_missing'], 't_typo, t_failed, t_missing', 'resolved or unknown: t_typo; unresolved, too: t_waiting'],
  ])('compares unresolved tasks exactly: %j', async (names, listed, difference) => {
    const { message } = await failure(assertUnresolvedTasks(bed.manager, names))

    expect(message).toBe(`The unresolved tasks should be ${listed}, but they are t_failed, t_waiting, t_missing (${difference}).\n${ERROR}\n${SESSION}`)
  })

  it('compares unresolved instances exactly, each once', async () => {
    const missing = await failure(assertUnresolvedInstances(bed.manager, ['t_failed#0']))
    const twice = await failure(assertUnresolvedInstances(bed.manager, ['t_failed#0', 't_waiting#0', 't_waiting#0']))

    expect(missing.message).toBe(
      `The unresolved instances should be t_failed#0, but they are t_failed#0, t_waiting#0 (unresolved, too: t_waiting#0).\n${ERROR}\n${SESSION}`,
    )
    expect(twice.message).toContain('should be t_failed#0, t_waiting#0, t_waiting#0, but they are t_failed#0, t_waiting#0.\n')
  })

  it('knows no class but the one that was thrown', async () => {
    const { name } = await bed.manager.instance('t_failed#0')
    const renamed = bed.task(() => {
      throw new Renamed('x')
    })
    await bed.manager.updateConfiguration({ t_renamed: { after: ['y'], run: renamed }, t_text: { after: ['y'], run: () => Promise.reject('a text' as unknown as Error) } })
    await bed.manager.fire('y')
    await bed.drain()

    await assertInstanceFailed(bed.manager, 't_renamed#0', 'OtherName')
    await expect(assertInstanceFailed(bed.manager, name, class HttpError extends Error {})).rejects.toThrow('should have failed with HttpError')
    await expect(assertInstanceFailed(bed.manager, 't_text#0', Error)).rejects.toThrow('but it failed with string')
  })
})

describe('a name that names no instance', () => {
  it('is refused, so that no assertion passes by mistake', async () => {
    const expected = { code: 'InvalidName', message: '"t_missing" is not an instance\'s name: those have the form <task>#<number>, such as t_missing#0.' }

    await expect(assertInstanceMissing(bed.manager, 't_missing')).rejects.toMatchObject(expected)
    await expect(assertInstanceFinished(bed.manager, 't_missing')).rejects.toMatchObject(expected)
    await expect(assertUnresolvedInstances(bed.manager, ['t_missing'])).rejects.toMatchObject(expected)
  })
})
