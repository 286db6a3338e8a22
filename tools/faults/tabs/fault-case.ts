import { setTimeout as elapse } from 'node:timers/promises'

import { within } from '@triggerkit/tool-services'
import { Random } from '@triggerkit/tool-simulator'
import type { Page } from 'playwright'

import { differences, type Counts } from './counts.js'
import { Deferred } from './deferred.js'
import type { Presented } from './evidence.js'
import { judge, type Verdict } from './oracle.js'
import { expectedOf, planOf, wishesOf, type Plan, type Wish } from './plan.js'
import type { Kind, Point } from './points.js'
import type { Audience, Stage } from './stage.js'
import type { Tab } from './tab.js'

/** One session, two tabs, and one fault that befalls the first of them at one point. */
export interface Case {
  readonly kind: Kind
  readonly point: Point
  readonly seed: number
}

export interface CaseReport extends Verdict {
  readonly firings: number
  /** What the session lacks of its end, in words; empty where it came to it. */
  readonly stuck: readonly string[]
  readonly recoveryMs: number
}

/** How long the work of a tab that is frozen stays its own; everywhere else its end is known without that. */
const FROZEN_LEASE = 2_000
const LEASE = 180_000
/** When a client repeats what a tab doesn't answer although it hasn't gone. */
const PATIENCE = 300
const SETTLE_LIMIT = 20_000
const REACH_LIMIT = 20_000

/** Plays one case, and judges what became of its session. @throws where the point is never reached */
export async function play(stage: Stage, { kind, point, seed }: Case): Promise<CaseReport> {
  const random = new Random(seed, 'plan')
  const plan = planOf(`session-${seed}`, random)
  const run = new CaseRun(stage, plan, kind)
  const expected = await expectedOf(plan)
  stage.admit(run)
  try {
    await run.begin(point)
    await run.grantAll()
    return await run.end(expected)
  } finally {
    run.leave()
    await stage.clear()
  }
}

class CaseRun implements Audience {
  readonly #stage: Stage
  readonly #plan: Plan
  readonly #kind: Kind
  readonly #presented = new Map<string, Presented>()
  readonly #acknowledged = new Set<string>()
  readonly #granted: Wish[] = []
  readonly #struck = new Deferred<Tab>()
  readonly #released = new Deferred<void>()
  #victim!: Tab
  #survivor!: Tab
  #struckAt = 0

  constructor(stage: Stage, plan: Plan, kind: Kind) {
    this.#stage = stage
    this.#plan = plan
    this.#kind = kind
  }

  /** Both tabs show the session, as live pages do. */
  async begin(point: Point): Promise<void> {
    this.#victim = await this.#open()
    this.#survivor = await this.#open()
    for (const tab of [this.#victim, this.#survivor]) await tab.follow(this.#plan.uid)
    await this.#victim.arm(point)
  }

  async presented(page: Page, presented: Presented): Promise<void> {
    this.#presented.set(presented.change.commitId, presented)
    await this.#unlessFrozen(page)
  }

  async acknowledged(page: Page, commitId: string): Promise<void> {
    this.#acknowledged.add(commitId)
    await this.#unlessFrozen(page)
  }

  async reached(page: Page): Promise<void> {
    if (page !== this.#victim.page) return
    this.#strike().then(this.#struck.resolve, this.#struck.reject)
    return this.#released.promise
  }

  /** What clients do, each one thing after the other. */
  async grantAll(): Promise<void> {
    const { first, here, elsewhere } = this.#plan
    await this.#grant(first, this.#victim)
    await Promise.all([this.#grantEach(here, this.#victim), this.#grantEach(elsewhere, this.#survivor)])
  }

  async end(expected: Counts): Promise<CaseReport> {
    const refuge = await within(REACH_LIMIT, this.#struck.promise, 'the point is reached')
    const stuck = await this.#settle(refuge, expected)
    const recoveryMs = performance.now() - this.#struckAt
    if (this.#kind === 'freeze') await this.#thaw()
    const { uid } = this.#plan
    const verdict = judge({ presented: this.#presented, acknowledged: this.#acknowledged, granted: this.#granted, stored: await refuge.stored(uid) })
    return { ...verdict, stuck, recoveryMs, firings: wishesOf(this.#plan).length - 1 }
  }

  /** Lets go of whatever still waits for its fate. */
  leave(): void {
    this.#released.resolve()
    this.#struck.reject(new Error('The case is over.'))
    this.#struck.promise.catch(() => undefined)
  }

  async #open(): Promise<Tab> {
    const tab = await this.#stage.tab()
    await this.#start(tab)
    return tab
  }

  async #start(tab: Tab): Promise<void> {
    await tab.start({ name: this.#plan.uid, lease: this.#kind === 'freeze' ? FROZEN_LEASE : LEASE })
  }

  /** @returns a tab that lives on */
  async #strike(): Promise<Tab> {
    this.#struckAt = performance.now()
    if (this.#kind !== 'kill') {
      await this.#victim.strike(this.#kind)
      if (this.#kind === 'reload') await this.#start(this.#victim)
      return this.#survivor
    }
    await this.#stage.killBrowser()
    // Nobody could take anything over before the next visit.
    this.#struckAt = performance.now()
    return this.#open()
  }

  /** An answer of ours would set a frozen tab going, which nothing else does. */
  async #unlessFrozen(page: Page): Promise<void> {
    if (this.#kind === 'freeze' && this.#struckAt > 0 && page === this.#victim.page) await this.#released.promise
  }

  async #grantEach(wishes: readonly Wish[], tab: Tab): Promise<void> {
    for (const wish of wishes) await this.#grant(wish, tab)
  }

  /** Grants a wish in a tab, and, where that doesn't answer, under the same id in one that lives on. */
  async #grant(wish: Wish, tab: Tab): Promise<void> {
    const given = await Promise.race([this.#ask(tab, wish), this.#impatience()])
    if (!given) await (await this.#struck.promise).grant(this.#plan.uid, wish)
    this.#granted.push(wish)
  }

  /** @returns whether the tab could be asked, and granted it */
  async #ask(tab: Tab, wish: Wish): Promise<boolean> {
    if (this.#struckAt > 0 && tab === this.#victim) return false
    return tab.grant(this.#plan.uid, wish).then(
      () => true,
      () => false,
    )
  }

  async #impatience(): Promise<boolean> {
    await this.#struck.promise
    await elapse(PATIENCE)
    return false
  }

  /** @returns what the session lacks of its end */
  async #settle(tab: Tab, expected: Counts): Promise<readonly string[]> {
    const end = performance.now() + SETTLE_LIMIT
    for (;;) {
      const lacking = differences(await tab.counts(this.#plan.uid), expected)
      if (lacking.length === 0 || performance.now() > end) return lacking
      await elapse(20)
    }
  }

  /** Wakes the frozen tab, and waits until it has uttered all that comes too late. */
  async #thaw(): Promise<void> {
    await this.#victim.thaw()
    this.#released.resolve()
    await this.#victim.idle()
  }
}
