import type { Command } from '@triggerkit/core'
import { violations } from '@triggerkit/core/invariants'
import type { RecordedChange } from '@triggerkit/engine'

import { Fold } from './fold.js'
import type { Entry, Ledger } from './ledger.js'
import type { Plan } from './plan.js'
import type { Complain, StorageServer } from './storage-server.js'

/** What the oracle judges by. */
export interface Evidence {
  readonly plan: Plan
  readonly storage: StorageServer
  readonly recorded: ReadonlyMap<string, RecordedChange>
  readonly ledger: Ledger
  /** How often a task function began, by session and instance. */
  readonly runs: ReadonlyMap<string, number>
  readonly complain: Complain
}

/** How much sooner than its cooldown says an instance may begin: by as much as processes' clocks go wrong. */
const CLOCK_TOLERANCE = 2_500

/** Compares what was stored, what was commanded and what was told, once a run has ended. */
export async function judge(evidence: Evidence): Promise<void> {
  const { storage, complain } = evidence
  const folds = [...new Set(storage.applied.map(({ uid }) => uid))].flatMap((uid) => foldAll(uid, evidence))
  for (const uid of new Set(folds.map((fold) => fold.uid))) {
    const last = folds.findLast((fold) => fold.uid === uid) as Fold
    await compareStored(last, evidence)
    for (const { invariant, message } of violations(last.state, [...last.resolved.values()])) complain(invariant, `${uid}: ${message}`)
  }
  for (const fold of folds) checkExecutions(fold, evidence)
  checkLedger(folds, evidence)
}

/** Carries out anew what was applied under a uid: one fold for each session that had it, since sessions may be deleted. */
function foldAll(uid: string, { plan, storage, recorded, complain }: Evidence): readonly Fold[] {
  const folds = [new Fold(uid, plan, complain)]
  const seen = new Set<string>()
  let version = 0
  for (const applied of storage.applied.filter((other) => other.uid === uid)) {
    const { change } = applied
    const fold = folds.at(-1) as Fold
    if (change === null) {
      if (version > 0) folds.push(new Fold(uid, plan, complain, fold))
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

async function compareStored(fold: Fold, { storage, complain }: Evidence): Promise<void> {
  const { session } = await storage.inner.load(fold.uid)
  const { records } = await storage.inner.list(fold.uid, { prefix: '', limit: 1e6 })
  if (text(session?.working ?? new Map()) !== text(fold.working)) complain('S1', `${fold.uid}: the stored working set is not what its commands make`)
  if (text(records) !== text(fold.archive)) complain('S1', `${fold.uid}: the stored archive is not what its commands make`)
}

function text(records: ReadonlyMap<string, unknown>): string {
  return [...records].map(([key, record]) => `${key}=${JSON.stringify(record)}`).sort().join('\n')
}

const OUTCOMES: ReadonlySet<Command['type']> = new Set(['finish', 'fail', 'retry', 'skipSelf'])

/** One effect for each execution, by code that ran, not before its time. */
function checkExecutions({ uid, deeds, state, resolved }: Fold, { runs, complain }: Evidence): void {
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

/** What clients were told, against what was applied. */
function checkLedger(folds: readonly Fold[], { ledger, complain }: Evidence): void {
  for (const entry of ledger.entries.filter(({ step }) => !UNMARKED.has(step.wish.type))) {
    const own = folds.filter(({ uid }) => uid === entry.step.uid)
    for (const marker of markersOf(entry)) checkEntry(entry, own.map(({ deeds }) => deeds.filter(({ command }) => markerOf(command) === marker).length), complain)
  }
  checkTogether(ledger, folds, complain)
}

/** Wishes that leave no command behind. */
const UNMARKED: ReadonlySet<string> = new Set(['watch', 'delete'])

function markerOf(command: Command): unknown {
  if (command.type === 'fire') return command.kwargs['marker']
  if (command.type === 'setStatus') return command.metadata['marker']
  return command.id
}

function markersOf({ step: { wish }, marker }: Entry): readonly string[] {
  return wish.type === 'fire together' ? wish.triggers.map((_, place) => `${marker}-${place}`) : [marker]
}

/** @param applied - how often it was applied in each session that had the uid: ids are known for a session's life */
function checkEntry({ step, marker, id, attempts }: Entry, applied: readonly number[], complain: Complain): void {
  const most = Math.max(...applied, 0)
  const what = `${step.uid}: ${marker} (${step.wish.type}) was applied ${applied.join(' and ')} times`
  const told = attempts.map(({ outcome, code }) => `${outcome}${code === '' ? '' : ` ${code}`}`).join(', ')
  const any = (outcome: string): boolean => attempts.some((attempt) => attempt.outcome === outcome)
  const sum = applied.reduce((total, count) => total + count, 0)
  if (most > 1) complain(id === undefined ? 'S4' : 'S6', `${what}; its client was told: ${told}`)
  else if (any('acknowledged') && sum === 0) complain('S3', `${what}; its client was told: ${told}`)
  else if (id === undefined && sum > 1) complain('S4', `${what}; its client was told: ${told}`)
  else if (!any('acknowledged') && !any('unknown') && !any('open') && sum > 0) complain('S5', `${what}; its client was told: ${told}`)
}

/** A transaction's commands are applied in one version, or none of them is. */
function checkTogether({ entries }: Ledger, folds: readonly Fold[], complain: Complain): void {
  for (const entry of entries.filter(({ step }) => step.wish.type === 'fire together')) {
    const markers = markersOf(entry)
    for (const { deeds } of folds.filter(({ uid }) => uid === entry.step.uid)) {
      const versions = markers.map((marker) => deeds.find(({ command }) => markerOf(command) === marker)?.version ?? null)
      if (new Set(versions).size > 1) complain('S17', `${entry.step.uid}: ${entry.marker} was applied in parts: ${versions.join(', ')}`)
    }
  }
}

