import { checkInvariants, compareRecords, foldAll } from '@triggerkit/tool-simulator'
import type { Complain, FoldRules } from '@triggerkit/tool-simulator'

import type { Presented, Stored } from './evidence.js'
import type { Wish } from './plan.js'

/** All that is known of one session in the end. */
export interface Evidence {
  /** By commit id. */
  readonly presented: ReadonlyMap<string, Presented>
  /** The changes that the storage acknowledged to some tab. */
  readonly acknowledged: ReadonlySet<string>
  /** The wishes that were granted to their client. */
  readonly granted: readonly Wish[]
  readonly stored: Stored
}

/** What is wrong, in words. */
export interface Verdict {
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  /** A state that no order of the recorded commands makes: half commits, versions with gaps, broken invariants. */
  readonly broken: readonly string[]
}

/** Every tab has the one runner. */
const RULES: FoldRules = {
  runnersOf: () => ({
    default: 'worker',
    get: (key) => (key === 'worker' ? { durable: false, delays: true, accepts: () => 'yes' } : undefined),
  }),
}

/** Compares what lies in the database with what was presented, acknowledged and granted. */
export function judge(evidence: Evidence): Verdict {
  const applied = appliedIn(evidence)
  return { lost: lost(evidence), doubled: doubled(applied), broken: broken(applied, evidence.stored) }
}

/** The changes that were applied, in the order of their versions. */
function appliedIn({ presented, stored: { commitIds } }: Evidence): readonly Presented[] {
  const applied = commitIds.flatMap((id) => presented.get(id) ?? [])
  return applied.toSorted(({ change: left }, { change: right }) => left.expect.number - right.expect.number)
}

function lost({ acknowledged, granted, presented, stored: { session, commitIds } }: Evidence): readonly string[] {
  const stored = new Set(session.archive.map(([key]) => key))
  const receipts = new Set(commitIds.flatMap((id) => [...(presented.get(id)?.change.receipts.keys() ?? [])]))
  const isThere = ({ id, trigger }: Wish): boolean => (trigger === null ? receipts.has(`d/${id}`) : stored.has(`f/${id}`))
  return [
    ...granted.filter((wish) => !isThere(wish)).map(({ id }) => `the wish ${id} was granted, and nothing came of it`),
    ...[...acknowledged].filter((id) => !commitIds.includes(id)).map((id) => `the change ${id} was acknowledged, and not applied`),
  ]
}

/** A firing, a result, an error, a receipt: each is written once, whoever is right about all the rest. */
function doubled(applied: readonly Presented[]): readonly string[] {
  const written = new Map<string, number>()
  for (const { change: { archive, receipts } } of applied) {
    for (const key of [...archive.put.keys(), ...receipts.keys()]) if (/^[fred]\//.test(key)) written.set(key, (written.get(key) ?? 0) + 1)
  }
  return [...written].filter(([, times]) => times > 1).map(([key, times]) => `${key} was written ${times} times`)
}

function broken(presented: readonly Presented[], { version, session, commitIds }: Stored): readonly string[] {
  const found: string[] = []
  const complain: Complain = (invariant, message) => void found.push(`${invariant} ${message}`)
  const { uid } = session
  const incarnations = new Set(presented.map(({ change: { expect } }) => expect.incarnation))
  if (commitIds.length !== version) complain('S2', `${uid}: it has version ${version} after ${commitIds.length} changes`)
  if (presented.length !== commitIds.length) complain('S1', `${uid}: of ${commitIds.length} changes that were applied ${presented.length} had been presented`)
  if (incarnations.size !== 1) complain('S2', `${uid}: ${incarnations.size} incarnations were written to`)
  const applied = presented.map(({ change, recorded: { commands } }) => ({ uid, change, now: commands[0]?.now ?? 0, by: 'a tab' }))
  const recorded = new Map(presented.map(({ change: { commitId }, recorded }) => [commitId, recorded]))
  for (const fold of foldAll(uid, { rules: RULES, applied, recorded, complain })) {
    checkInvariants(fold, complain)
    compareRecords(fold, session, complain)
  }
  return found
}
