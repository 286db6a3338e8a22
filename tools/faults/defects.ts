import type { Fire } from './client.js'
import type { SessionPlan } from './workload.js'

/** A planted fault of the system in one session of a run, by which the oracle shows that it sees such things. */
export type Defect = 'loses a firing' | 'doubles a firing' | 'never ends'

/** The session, with a task that never ends if that is the defect. */
export function prepared(plan: SessionPlan, defect: Defect | undefined): SessionPlan {
  return defect === 'never ends' ? { ...plan, takes: { ...plan.takes, t_open: null } } : plan
}

/** The way to fire of a system with that defect: it acknowledges a session's first page and forgets it, or fires it as two. */
export function flawed(fire: Fire, { firings }: SessionPlan, defect: Defect | undefined): Fire {
  const page = firings.find(({ trigger }) => trigger === 'page')
  if (defect === 'loses a firing') return async (manager, firing) => (firing === page ? undefined : fire(manager, firing))
  if (defect !== 'doubles a firing') return fire
  return async (manager, firing) => {
    await fire(manager, firing)
    if (firing === page) await manager.fire(page.trigger, { marker: page.id }, { id: `${page.id}, once more` })
  }
}
