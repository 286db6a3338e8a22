import { violations } from '@triggerkit/core/invariants'

import type { Presented, Stored } from './evidence.js'
import { Fold } from './fold.js'
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

/** Compares what lies in the database with what was presented, acknowledged and granted. */
export function judge(evidence: Evidence): Verdict {
  const applied = appliedIn(evidence)
  return { lost: lost(evidence), doubled: doubled(applied), broken: broken(applied, evidence.stored) }
}

/** The changes that were applied, in the order of their versions. */
function appliedIn({ presented, stored: { commitIds } }: Evidence): readonly Presented[] {
  const applied = commitIds.flatMap((id) => presented.get(id) ?? [])
  return applied.toSorted((left, right) => left.expect.number - right.expect.number)
}

function lost({ acknowledged, granted, presented, stored: { session, commitIds } }: Evidence): readonly string[] {
  const stored = new Set(session.archive.map(([key]) => key))
  const receipts = new Set(commitIds.flatMap((id) => presented.get(id)?.receipts ?? []).map(([key]) => key))
  const isThere = ({ id, trigger }: Wish): boolean => (trigger === null ? receipts.has(`d/${id}`) : stored.has(`f/${id}`))
  return [
    ...granted.filter((wish) => !isThere(wish)).map(({ id }) => `the wish ${id} was granted, and nothing came of it`),
    ...[...acknowledged].filter((id) => !commitIds.includes(id)).map((id) => `the change ${id} was acknowledged, and not applied`),
  ]
}

/** A firing, a result, an error, a receipt: each is written once, whoever is right about all the rest. */
function doubled(applied: readonly Presented[]): readonly string[] {
  const written = new Map<string, number>()
  for (const { archive, receipts } of applied) {
    for (const [key] of [...archive.put, ...receipts]) if (/^[fred]\//.test(key)) written.set(key, (written.get(key) ?? 0) + 1)
  }
  return [...written].filter(([, times]) => times > 1).map(([key, times]) => `${key} was written ${times} times`)
}

function broken(applied: readonly Presented[], { version, session, commitIds }: Stored): readonly string[] {
  const fold = new Fold()
  const gaps = applied.map(({ expect }, place) => (expect.number === place ? '' : `version ${expect.number} follows version ${place}`))
  const faults = applied.flatMap((change) => fold.apply(change))
  const incarnations = new Set(applied.map(({ expect }) => expect.incarnation))
  return [
    ...gaps.filter((gap) => gap !== '').slice(0, 1),
    ...faults,
    ...(commitIds.length === version ? [] : [`the session has version ${version} after ${commitIds.length} changes`]),
    ...(applied.length === commitIds.length ? [] : [`of ${commitIds.length} changes that were applied ${applied.length} had been presented`]),
    ...(incarnations.size === 1 ? [] : [`${incarnations.size} incarnations were written to`]),
    ...(same(fold.working, session.working) ? [] : ['the stored working set is not what its commands make']),
    ...(same(fold.archive, session.archive) ? [] : ['the stored archive is not what its commands make']),
    ...violations(fold.state, [...fold.resolved.values()]).map(({ invariant, message }) => `${invariant}: ${message}`),
  ]
}

function same(folded: ReadonlyMap<string, unknown>, stored: readonly (readonly [string, unknown])[]): boolean {
  const text = (entries: Iterable<readonly [string, unknown]>): string => [...entries].map((entry) => JSON.stringify(entry)).sort().join('\n')
  return text(folded) === text(stored)
}
