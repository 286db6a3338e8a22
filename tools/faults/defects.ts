import type { Storage } from '@triggerkit/contracts'

import { overridden } from './overridden.js'
import type { SessionPlan } from './workload.js'

/** A planted fault of the system in one session of a run, by which the oracle shows that it sees such things. */
export type Defect = 'loses a firing' | 'doubles a firing' | 'never ends'

/** So many milliseconds lie between two firings of such a session. */
const APART = 100

/** The session with what a defect needs to show, and to show once only: pages come first and one by one, and nobody repeats them. */
export function prepared(plan: SessionPlan, defect: Defect): SessionPlan {
  const pagesFirst = plan.firings.toSorted((left, right) => Number(right.trigger === 'page') - Number(left.trigger === 'page'))
  const firings = pagesFirst.map((firing, place) => ({ ...firing, pause: place * APART, impatience: null }))
  return { ...plan, firings, takes: { ...plan.takes, ...(defect === 'never ends' && { t_open: null }) } }
}

/** Makes storages that acknowledge, once among them all, a page of a session and forget it. */
export function forgetful(uid: string): (storage: Storage) => Storage {
  let forgotten = false
  return (storage) => {
    const commit: Storage['commit'] = async (of, change) => {
      const [[key, record] = ['', null], ...others] = change.archive.put
      const isPage = key.startsWith('f/') && others.length === 0 && (record as { trigger?: string }).trigger === 'page'
      if (forgotten || of !== uid || !isPage) return storage.commit(of, change)
      forgotten = true
      const { now } = await storage.load(uid)
      return { outcome: 'committed', now, records: new Map() }
    }
    // Without commitMany, every change comes by commit.
    return overridden(storage, { commit })
  }
}
