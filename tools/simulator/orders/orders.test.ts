import { describe, expect, it } from 'vitest'

import { tryConditioned, tryJoins, unpaired } from './orders.js'
import type { OrderReport } from './orders.js'
import { SmallSession } from './small-session.js'

const MINUTES = 5 * 60_000

function shown(what: string, { configurations, runs, outcomes }: OrderReport): void {
  const counts = [...outcomes].sort(([left], [right]) => left - right).map(([different, count]) => `${different}: ${count.toLocaleString('en')}`)
  console.log(`${what}: ${configurations.toLocaleString('en')} configurations, ${runs.toLocaleString('en')} runs; configurations by number of outcomes: ${counts.join(', ')}`)
}

describe('the order of arrival', () => {
  it.each([
    [{ tasks: 1, triggers: 3 }, 8],
    [{ tasks: 2, triggers: 3 }, 172],
    [{ tasks: 3, triggers: 3 }, 10_704],
  ])('makes no difference to tasks without unless and andEvery: %j', (size, configurations) => {
    const report = tryJoins(size)

    shown(`joins of ${size.tasks} tasks and ${size.triggers} triggers`, report)
    expect(report.faults).toEqual([])
    expect(report).toMatchObject({ configurations, endless: 0, outcomes: new Map([[1, configurations]]) })
  }, MINUTES)

  it.each([
    [{ tasks: 1, triggers: 3 }, 240],
    [{ tasks: 2, triggers: 1 }, 6_400],
  ])('makes a difference with them, and yet every instance is paired by the rule: %j', (size, configurations) => {
    const report = tryConditioned(size)

    shown(`${size.tasks} tasks and ${size.triggers} triggers with unless and andEvery, the first trigger fired twice`, report)
    expect(report.faults).toEqual([])
    expect(report.configurations).toBe(configurations)
    expect([...report.outcomes.keys()].some((different) => different > 1)).toBe(true)
  }, MINUTES)

  it('would be told if an instance were paired otherwise', () => {
    const session = new SmallSession()
    session.configure([['t_0', { after: ['a', 'b'], andEvery: null, unless: [], withParams: {}, run: 'app.work', using: null, extras: {} }]])
    session.fire('a', { number: 1 })
    session.fire('a', { number: 2 })

    session.firings.reverse()

    expect(unpaired(session)).toEqual(['t_0#0 has f1 of a, and should have f2'])
  })
})
