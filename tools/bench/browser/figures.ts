import { bundleSize } from '../core/sizes.js'
import { atLeast, atMost } from '../figure.js'
import type { Figure } from '../figure.js'
import { alternate, ratio, spread } from '../measure.js'
import type { Spread, Variant } from '../measure.js'
import { Tabs } from './tabs.js'
import type { Tab } from './tabs.js'

/** Rounds of values, one row for each of the things that were measured beside each other. */
type Series = readonly (readonly number[])[]

interface Begun {
  readonly transactions: number
  readonly locks: number
}

/** Everything that is measured in Chromium, with a profile on the disk. */
export async function browserFigures(): Promise<readonly Figure[]> {
  const tabs = await Tabs.open()
  try {
    const [tab, other] = [await tabs.tab(), await tabs.tab()]
    return [
      ...(await latency(tab)),
      ...(await throughput(tab)),
      ...(await exact(tab)),
      ...(await twoTabs(tab, other)),
      ...(await tasks(tab)),
      ...(await growth(tab)),
      ...(await seeing(tab, other)),
      await bundleSize('browser'),
    ]
  } finally {
    await tabs.close()
  }
}

async function latency(tab: Tab): Promise<readonly Figure[]> {
  const [raw, idb, fire] = await tab.call<Series>('latency')
  return [
    atMost('I1', 'fire on IndexedDB, session known, over a raw transaction of get, put and outbox entry', ratio(fire, raw), { unit: '×', goal: 1.12, gate: 1.3 }),
    atMost('I1.idb', 'the same over such a transaction by idb', ratio(fire, idb), { unit: '×', goal: 1.12, gate: 1.3 }),
  ]
}

async function throughput(tab: Tab): Promise<readonly Figure[]> {
  const [raw, fires] = await tab.call<Series>('together')
  return [atLeast('I2', 'fires per second, 64 sessions in flight, over raw transactions one at a time', ratio(fires, raw), { unit: '×', goal: 3.5, gate: 2 })]
}

/** What a fire costs exactly: transactions, and no lock. */
async function exact(tab: Tab): Promise<readonly Figure[]> {
  const { alone, batched } = await tab.call<{ readonly alone: Begun; readonly batched: Begun }>('exact')
  return [
    atMost('I3', 'transactions a fire, alone', alone.transactions, { unit: 'transactions', goal: 1, gate: 1 }),
    atMost('I3.batched', 'transactions a fire, 64 sessions in flight', batched.transactions, { unit: 'transactions', goal: 0.5, gate: 1 }),
    atMost('I3.locks', 'Web Locks a fire, alone or not', alone.locks + batched.locks, { unit: 'locks', goal: 0, gate: 0 }),
  ]
}

async function twoTabs(tab: Tab, other: Tab): Promise<readonly Figure[]> {
  const limits = { unit: '×', goal: 0.9, gate: 0.7 }
  return [
    atLeast('I4', 'fires per second of two tabs, a session each, over one tab', await inBoth(tab, other, ['one', 'two']), limits),
    atLeast('I4.same', 'the same in one session', await inBoth(tab, other, ['shared', 'shared']), limits),
  ]
}

async function inBoth(tab: Tab, other: Tab, [uid, otherUid]: readonly [string, string]): Promise<Spread> {
  const COUNT = 100
  const alone = async (): Promise<void> => tab.call('fireOften', { uid, count: COUNT })
  const both = async (): Promise<void> => {
    await Promise.all([tab.call('fireOften', { uid, count: COUNT / 2 }), other.call('fireOften', { uid: otherUid, count: COUNT / 2 })])
  }
  const variants: Variant[] = [{ name: 'one tab', prepare: () => alone }, { name: 'two tabs', prepare: () => both }]
  const [one, two] = await alternate(variants, { rounds: 7, operations: [1, 1] })
  return ratio(two, one)
}

async function tasks(tab: Tab): Promise<readonly Figure[]> {
  const [call, task] = await tab.call<Series>('taskLatency')
  const [calls, many] = await tab.call<Series>('tasksTogether')
  return [
    atMost('W1', 'task through the Web Worker runner, over a raw Comlink call', ratio(task, call), { unit: '×', goal: 1.15, gate: 1.3 }),
    atLeast('W2', 'tasks per second through it, 64 in flight, over a raw Comlink call each', ratio(many, calls), { unit: '×', goal: 2, gate: 0.8 }),
  ]
}

async function growth(tab: Tab): Promise<readonly Figure[]> {
  const [few, many] = await tab.call<Series>('growth')
  return [atMost('G2', 'fire on IndexedDB beside 10,000 finished instances, over beside 10', ratio(many, few), { unit: '×', goal: 1.2, gate: 1.4 })]
}

/** The other tab tells by a message that it sees; that message's way, half of two messages, is not part of seeing. */
async function seeing(tab: Tab, other: Tab): Promise<readonly Figure[]> {
  await other.call('look')
  const [messages = [], floor = [], told = []] = await tab.call<Series>('seen')
  const ratios = told.map((time, round) => (time - (messages[round] as number) / 2) / (floor[round] as number))
  return [atMost('seen', 'from a fire until another tab shows it, over a raw transaction and two messages', spread(ratios), { unit: '×', goal: 1, gate: 1 })]
}
