import type { JsonValue, Storage } from '@triggerkit/contracts'
import type { Command } from '@triggerkit/core'
import { violations } from '@triggerkit/core/invariants'
import type { RecordedChange } from '@triggerkit/engine'

import { Fold } from './fold.js'
import type { FoldRules } from './fold.js'
import type { Applied, Complain } from './storage-server.js'

/** What was applied under one uid, and what it was made of. */
export interface AppliedChanges {
  readonly rules: FoldRules
  /** In the order in which it was applied. */
  readonly applied: readonly Applied[]
  /** By commit id. */
  readonly recorded: ReadonlyMap<string, RecordedChange>
  readonly complain: Complain
}

/** How much sooner than its cooldown says an instance may begin: by as much as processes' clocks go wrong. */
const CLOCK_TOLERANCE = 2_500

/** Carries out anew what was applied under a uid: one fold for each session that had it, since sessions may be deleted. */
export function foldAll(uid: string, { rules, applied: all, recorded, complain }: AppliedChanges): readonly Fold[] {
  const folds = [new Fold(uid, rules, complain)]
  const seen = new Set<string>()
  let version = 0
  for (const applied of all) {
    const { change } = applied
    const fold = folds.at(-1) as Fold
    if (change === null) {
      if (version > 0) folds.push(new Fold(uid, rules, complain, fold))
      version = 0
      continue
    }
    // A defect may present one change under several ids; its record knows the first.
    const commitId = change.commitId.split('/')[0] as string
    if (change.expect.number !== version) complain('S2', `${uid}: version ${change.expect.number + 1} follows version ${version}`)
    version = change.expect.number + 1
    if (seen.has(commitId)) complain('S2', `${uid}: the change ${commitId} was applied twice`)
    seen.add(commitId)
    const record = recorded.get(commitId)
    if (record === undefined) complain('S1', `${uid}: the change ${commitId} was applied and never recorded`)
    else fold.apply(change, applied, record.commands)
  }
  return folds
}

/** What is stored must be what the session's commands make. */
export async function compareStored(fold: Fold, storage: Storage, complain: Complain): Promise<void> {
  const { session } = await storage.load(fold.uid)
  const { records } = await storage.list(fold.uid, { prefix: '', limit: 1e6 })
  compareRecords(fold, { working: session?.working ?? [], archive: records }, complain)
}

type Entries = Iterable<readonly [key: string, record: JsonValue]>

/** As {@link compareStored}, of records that were read before. */
export function compareRecords(fold: Fold, { working, archive }: { readonly working: Entries; readonly archive: Entries }, complain: Complain): void {
  if (text(working) !== text(fold.working)) complain('S1', `${fold.uid}: the stored working set is not what its commands make`)
  if (text(archive) !== text(fold.archive)) complain('S1', `${fold.uid}: the stored archive is not what its commands make`)
}

/** The core's own invariants, of the state that a session has come to. */
export function checkInvariants({ uid, state, resolved }: Fold, complain: Complain): void {
  for (const { invariant, message } of violations(state, [...resolved.values()])) complain(invariant, `${uid}: ${message}`)
}

function text(records: Entries): string {
  return [...records].map(([key, record]) => `${key}=${JSON.stringify(record)}`).sort().join('\n')
}

const OUTCOMES: ReadonlySet<Command['type']> = new Set(['finish', 'fail', 'retry', 'skipSelf'])

/**
 * One effect for each execution, by code that ran, not before its time.
 * @param runs - the sessions and instances, as `uid instance`, whose code began
 */
export function checkExecutions({ uid, deeds, state, resolved }: Fold, runs: { has(run: string): boolean }, complain: Complain): void {
  const ended = new Set<string>()
  const fired = new Map<string, number>()
  for (const { command, before, now, version } of deeds) {
    if (command.type === 'begin') {
      const notBefore = before?.handOver?.notBefore ?? null
      if (notBefore !== null && now < notBefore - CLOCK_TOLERANCE) complain('S12', `${uid}: ${before?.name} began ${notBefore - now} ms before its cooldown was over`)
    }
    if (OUTCOMES.has(command.type) && command.execution !== undefined) {
      const { instance, epoch } = command.execution
      const execution = `${instance} in epoch ${epoch}`
      if (ended.has(execution)) complain('S7', `${uid}, version ${version}: ${execution} ended a second time`)
      ended.add(execution)
      if (!runs.has(`${uid} ${instance}`) && command.type !== 'fail') complain('S7', `${uid}: ${instance} ended by ${command.type} although its code never ran`)
    }
    if (command.type === 'fire' && typeof command.kwargs['by'] === 'string' && command.execution !== undefined) {
      const mark = `${command.kwargs['by']} fires ${command.trigger}`
      fired.set(mark, (fired.get(mark) ?? 0) + 1)
    }
  }
  for (const [mark, count] of fired) {
    const name = mark.split(' ')[0] as string
    const rounds = (state.instance(name) ?? resolved.get(name))?.round ?? 0
    if (count > rounds) complain('S16', `${uid}: ${mark} ${count} times in ${rounds} rounds`)
  }
}
