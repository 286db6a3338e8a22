import { LOG_LEVELS } from '@triggerkit/contracts'
import type { JsonValue } from '@triggerkit/contracts'
import { advance, decodeInstance, Draft, SessionState, toRecords, type Inputs, type Instance, type RunnerTraits } from '@triggerkit/core'
import type { RecordedCommand } from '@triggerkit/engine'

import { toPatches, type Presented } from './evidence.js'

/** The applied changes of one session, carried out anew by the pure core, one after the other. */
export class Fold {
  readonly state: SessionState = new SessionState()
  readonly working: Map<string, JsonValue> = new Map()
  readonly archive: Map<string, JsonValue> = new Map()
  readonly resolved: Map<string, Instance> = new Map()
  /** Firings and receipts, by which the core knows a repetition. */
  readonly #known = new Map<string, JsonValue>()

  /** @returns what was written otherwise than its commands make it */
  apply(change: Presented): readonly string[] {
    const draft = new Draft(this.state, { instances: this.resolved, records: this.#known })
    for (const recorded of change.commands) carryOut(draft, recorded)
    const expected = toPatches(toRecords(draft.changes, this.state))
    const faults = (['working', 'archive'] as const).filter((place) => text(expected[place]) !== text(change[place]))
    this.#write(change)
    this.state.apply(draft.changes)
    return faults.map((place) => `version ${change.expect.number + 1}: its commands make another ${place}`)
  }

  #write({ working, archive, receipts }: Presented): void {
    for (const [records, { put, remove }] of [[this.working, working], [this.archive, archive]] as const) {
      for (const key of remove) records.delete(key)
      for (const [key, record] of put) records.set(key, record)
    }
    for (const [key, record] of archive.put) {
      if (key.startsWith('f/')) this.#known.set(key, record)
      if (key.startsWith('i/')) this.resolved.set((record as { name: string }).name, decodeInstance(record))
    }
    for (const [key, record] of working.put) if (key.startsWith('i/')) this.resolved.delete((record as { name: string }).name)
    for (const [key, record] of receipts) this.#known.set(key, record)
  }
}

const RUNNER: RunnerTraits = { durable: false, delays: true, accepts: () => 'yes' }

function carryOut(draft: Draft, { command, ids, ...given }: RecordedCommand): void {
  const left = [...ids]
  const inputs: Inputs = {
    ...given,
    ids: () => left.shift() ?? 'an id that was not recorded',
    runners: { default: 'worker', get: (key) => (key === 'worker' ? RUNNER : undefined) },
    unresolvedLogs: LOG_LEVELS.ERROR,
  }
  advance(draft, command, inputs)
}

function text({ put, remove }: Presented['working']): string {
  return JSON.stringify([put.map((entry) => JSON.stringify(entry)).sort(), [...remove].sort()])
}
