import type { Command, Event, View } from '@triggerkit/core'
import type { RecordedChange } from '@triggerkit/engine'
import { FinalizingTriggerManager } from '@triggerkit/managers-finalizing'

import type { Fold, FoldRules } from './fold.js'
import type { Entry, Ledger } from './ledger.js'
import type { Plan } from './plan.js'
import { checkExecutions, checkInvariants, compareStored, foldAll } from './session-folds.js'
import type { Complain, StorageServer } from './storage-server.js'
import { MISSING } from './tasks.js'

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

/** Compares what was stored, what was commanded and what was told, once a run has ended. */
export async function judge(evidence: Evidence): Promise<void> {
  const { plan, storage, recorded, runs, complain } = evidence
  const uids = [...new Set(storage.applied.map(({ uid }) => uid))]
  const rules = rulesOf(plan)
  const folds = uids.map((uid) => foldAll(uid, { rules, applied: storage.applied.filter((applied) => applied.uid === uid), recorded, complain }))
  for (const last of folds.map((ofUid) => ofUid.at(-1) as Fold)) {
    await compareStored(last, storage.inner, complain)
    checkInvariants(last, complain)
  }
  for (const fold of folds.flat()) checkExecutions(fold, runs, complain)
  checkLedger(folds.flat(), evidence)
}

function rulesOf({ manager, queue, runner, processes }: Plan): FoldRules {
  const runners = new Map([
    ['queue', { durable: true, delays: queue.delays, accepts: (run: string) => (run === MISSING ? ('unknown' as const) : ('yes' as const)) }],
    ['inline', { durable: false, delays: true, accepts: (run: string) => (run === MISSING ? ('no' as const) : ('yes' as const)) }],
  ])
  const lacksInline = (by: string): boolean => processes[Number(by.slice(1, by.indexOf('.')))]?.knowsInline === false
  return {
    ...(manager === 'finalizing' && { react: (events: readonly Event[], view: View) => FinalizingTriggerManager.react(events, view) }),
    catches: true,
    runnersOf: (by) => ({ default: runner, get: (key) => (key === 'inline' && lacksInline(by) ? undefined : runners.get(key)) }),
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

