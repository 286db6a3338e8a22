import type { TaskConfigurations } from '@triggerkit/contracts'

import { conditioned, joins, permutations, triggersOf } from './small-configurations.js'
import type { Size } from './small-configurations.js'
import { SmallSession } from './small-session.js'

/** What trying all orders came to. */
export interface OrderReport {
  configurations: number
  runs: number
  /** Sessions whose tasks feed each other without end: none without `andEvery`. */
  endless: number
  /** How many configurations have so many different outcomes, by number of outcomes. */
  readonly outcomes: Map<number, number>
  /** The first faults, in words. */
  readonly faults: string[]
}

/** Something that arrives: a firing of a trigger, or the configuration. */
type Arrival = { readonly trigger: string; readonly number: number } | 'configuration'

/** When tasks run: as soon as they can, or after everything has arrived. */
const PACES = ['at once', 'in the end'] as const

const MAX_FAULTS = 10

/** Every configuration without conditions must come to one end, whatever order its triggers and itself arrive in. */
export function tryJoins(size: Size, onProgress?: (report: OrderReport) => void): OrderReport {
  const arrivals: readonly Arrival[] = [...triggersOf(size).map((trigger) => ({ trigger, number: 1 })), 'configuration']
  const orders = permutations(arrivals.length).map((order) => order.map((place) => arrivals[place] as Arrival))
  return tryAll(joins(size), orders, { oneOutcome: true, ...(onProgress !== undefined && { onProgress }) })
}

/** With conditions the order matters: the outcomes are counted, and in every one the pairing rule must hold. */
export function tryConditioned(size: Size, onOutcomes?: OutcomesListener): OrderReport {
  const [first = 'a', ...others] = triggersOf(size)
  const arrivals: readonly Arrival[] = [...[1, 2].map((number) => ({ trigger: first, number })), ...others.map((trigger) => ({ trigger, number: 1 })), 'configuration']
  const all = permutations(arrivals.length).filter((order) => order.indexOf(0) < order.indexOf(1))
  return tryAll(conditioned(size), all.map((order) => order.map((place) => arrivals[place] as Arrival)), { oneOutcome: false, ...(onOutcomes !== undefined && { onOutcomes }) })
}

interface Rules {
  readonly oneOutcome: boolean
  readonly onProgress?: (report: OrderReport) => void
  readonly onOutcomes?: OutcomesListener
}

/** Told of each configuration's outcomes, with the orders that lead to each. */
export type OutcomesListener = (configuration: string, outcomes: ReadonlyMap<string, readonly string[]>) => void

function tryAll(configurations: Iterable<TaskConfigurations>, orders: readonly (readonly Arrival[])[], { oneOutcome, onProgress, onOutcomes }: Rules): OrderReport {
  const report: OrderReport = { configurations: 0, runs: 0, endless: 0, outcomes: new Map(), faults: [] }
  for (const configuration of configurations) {
    report.configurations += 1
    const outcomes = tryOrders(configuration, orders, report)
    report.outcomes.set(outcomes.size, (report.outcomes.get(outcomes.size) ?? 0) + 1)
    onOutcomes?.(toldTasks(configuration), outcomes)
    if (oneOutcome && outcomes.size > 1) blame(report, configuration, `the order decides: ${[...outcomes].map(([end, [order]]) => `${order} → ${end}`).join('; ')}`)
    if (report.configurations % 10_000 === 0) onProgress?.(report)
  }
  return report
}

/** @returns the orders that lead to each outcome */
function tryOrders(configuration: TaskConfigurations, orders: readonly (readonly Arrival[])[], report: OrderReport): ReadonlyMap<string, readonly string[]> {
  const outcomes = new Map<string, string[]>()
  for (const order of orders) {
    for (const pace of PACES) {
      report.runs += 1
      const session = run(configuration, order, pace)
      report.endless += Number(session.endless)
      if (session.endless) continue
      const outcome = session.outcome()
      const how = `${order.map(told).join(' ')}, run ${pace}`
      const known = outcomes.get(outcome)
      if (known === undefined) outcomes.set(outcome, [how])
      else known.push(how)
      for (const fault of unpaired(session)) blame(report, configuration, `${order.map(told).join(' ')}, run ${pace}: ${fault}`)
    }
  }
  return outcomes
}

function run(configuration: TaskConfigurations, order: readonly Arrival[], pace: (typeof PACES)[number]): SmallSession {
  const session = new SmallSession()
  for (const arrival of order) {
    if (arrival === 'configuration') session.configure(configuration)
    else session.fire(arrival.trigger, { of: arrival.trigger, number: arrival.number })
    if (pace === 'at once') session.drain()
  }
  session.drain()
  return session
}

/**
 * The pairing rule (design, section 9), told without the core's code: of each trigger an instance has the latest firing
 * that there was when it was created, else the first one after that.
 */
export function unpaired(session: SmallSession): readonly string[] {
  return session.state.tasks().flatMap(({ name, configuration }) =>
    session.instances(name).flatMap((instance) =>
      configuration.after.flatMap((trigger) => {
        const got = instance.firings.find(([own]) => own === trigger)?.[1]
        const due = dueFiring(session, instance.name, trigger)
        // What is abandoned takes nothing more.
        if (got === due || (got === undefined && instance.status === 'abandoned')) return []
        return [`${instance.name} has ${got ?? 'nothing'} of ${trigger}, and should have ${due ?? 'nothing'}`]
      }),
    ),
  )
}

function dueFiring({ firings, createdAt }: SmallSession, instance: string, trigger: string): string | undefined {
  const before = firings.slice(0, createdAt.get(instance)).findLast((firing) => firing.trigger === trigger)
  return (before ?? firings.slice(createdAt.get(instance)).find((firing) => firing.trigger === trigger))?.id
}

function told(arrival: Arrival): string {
  return arrival === 'configuration' ? arrival : `${arrival.trigger}${arrival.number}`
}

function blame({ faults }: OrderReport, configuration: TaskConfigurations, fault: string): void {
  if (faults.length >= MAX_FAULTS) return
  faults.push(`${toldTasks(configuration)}: ${fault}`)
}

function toldTasks(configuration: TaskConfigurations): string {
  return configuration.map(([name, { after, andEvery, unless }]) => `${name} after ${after.join('+') || 'nothing'}${andEvery === null ? '' : ` andEvery ${andEvery}`}${unless.length === 0 ? '' : ` unless ${unless.join('+')}`}`).join(', ')
}
