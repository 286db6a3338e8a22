import type { JsonObject } from '@triggerkit/contracts'
import { createTriggers } from '@triggerkit/engine'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import type { Random } from '@triggerkit/tool-simulator'

import { countsOf, type Counts } from './counts.js'
import { tasks } from './tasks.js'

/** A join, an `andEvery` behind it, a cascade, a retry with a cooldown, a task that fires by itself, and one that fails. */
const CONFIGURATION = {
  t_retried: { after: ['first'], run: 'faults.retry' },
  t_joined: { after: ['first', 'second'], run: 'faults.work' },
  t_every: { after: ['t_joined'], andEvery: 'page', run: 'faults.work' },
  t_last: { after: ['t_joined', 't_retried'], run: 'faults.work' },
  t_firing: { after: ['second'], run: 'faults.fire' },
  t_extra: { after: [], andEvery: 'extra', run: 'faults.work' },
  t_failing: { after: ['page'], run: 'faults.fail' },
} as const

/** What a client wants of the session, under an id with which it repeats what isn't answered. */
export interface Wish {
  readonly id: string
  /** The trigger to fire; `null`: to configure the session. */
  readonly trigger: string | null
  readonly payload: JsonObject
}

/** All that clients want of one session. The first wish comes before the others; of these, some are uttered in the other tab. */
export interface Plan {
  readonly uid: string
  readonly first: Wish
  readonly here: readonly Wish[]
  readonly elsewhere: readonly Wish[]
}

export function planOf(uid: string, random: Random): Plan {
  const pages = Array.from({ length: random.between(2, 4) }, () => 'page')
  // The tab that a fault will befall fires first what makes it execute.
  const triggers = ['first', ...random.shuffled(['second', ...pages])]
  const wishes = triggers.map((trigger, number): Wish => ({ id: `${uid}-${number}`, trigger, payload: { number } }))
  const elsewhere = wishes.filter(({ trigger }) => trigger === 'page' && random.chance(0.4))
  return {
    uid,
    first: { id: `${uid}-configure`, trigger: null, payload: CONFIGURATION as unknown as JsonObject },
    here: wishes.filter((wish) => !elsewhere.includes(wish)),
    elsewhere,
  }
}

export function wishesOf({ first, here, elsewhere }: Plan): readonly Wish[] {
  return [first, ...here, ...elsewhere]
}

/** The same for all plans that fire the same, in whatever order. */
const expectations = new Map<string, Promise<Counts>>()

/** What comes of a plan where nothing goes wrong: its wishes granted one by one, in memory. */
export function expectedOf(plan: Plan): Promise<Counts> {
  const fired = wishesOf(plan).map(({ trigger }) => trigger).sort().join(' ')
  const expected = expectations.get(fired) ?? countedOf(plan)
  expectations.set(fired, expected)
  return expected
}

async function countedOf(plan: Plan): Promise<Counts> {
  await using triggers = createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() }, tasks })
  await triggers.start()
  const manager = triggers.manager(plan.uid)
  for (const { trigger, payload } of wishesOf(plan)) await (trigger === null ? manager.updateConfiguration(payload) : manager.fire(trigger, payload))
  await triggers.settled(plan.uid)
  return countsOf(await triggers.session(plan.uid).instances())
}
