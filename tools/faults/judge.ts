import type { JsonValue, Storage, StoredSession } from '@triggerkit/contracts'
import { checkExecutions, checkInvariants, compareStored, foldAll } from '@triggerkit/tool-simulator'
import type { Applied, FoldRules } from '@triggerkit/tool-simulator'

import type { Told } from './client.js'
import type { SessionEvidence } from './evidence.js'
import { expectedRuns } from './workload.js'
import type { SessionPlan, TaskName } from './workload.js'

/** A finding of the oracle: what is wrong, and with which session. */
export interface Finding {
  readonly kind: 'lost' | 'doubled' | 'stuck'
  readonly what: string
}

/** What the oracle knows of a session that has come to its end, or should have. */
export interface Case {
  readonly plan: SessionPlan
  readonly told: readonly Told[]
  readonly evidence: SessionEvidence
  /** A storage over the same data that no fault stands before. */
  readonly storage: Storage
}

export interface Verdict {
  readonly findings: readonly Finding[]
  /** The number of the version that was judged. */
  readonly version: number
  /** The run that each finished instance's outcome comes from. */
  readonly outcomes: ReadonlyMap<string, { readonly by: string; readonly attempt: number }>
}

/** Invariants of the simulator that break where something counts more than once; all others mean that something is missing. */
const DOUBLING = new Set(['S7', 'S16'])

const RULES: FoldRules = {
  runnersOf: () => ({
    default: 'inline',
    get: (key) => ({ durable: key === 'bullmq', delays: true, accepts: () => 'yes' }),
  }),
}

/** Compares what clients were told, what tasks did, what was committed and what is stored. */
export async function judge({ plan, told, evidence, storage }: Case): Promise<Verdict> {
  const { uid } = plan
  const findings: Finding[] = []
  const find = (kind: Finding['kind'], what: string): void => void findings.push({ kind, what: `${uid}: ${what}` })
  const { records } = await storage.list(uid, { prefix: '', limit: 1_000_000 })
  const { session } = await storage.load(uid)
  const fired = checkFirings(told, records, find)
  const version = session?.version.number ?? 0

  const complain = (invariant: string, message: string): void => find(DOUBLING.has(invariant) ? 'doubled' : 'lost', `${invariant} ${message}`)
  const applied = await appliedChanges(uid, evidence, version, storage)
  if (applied.length !== version) complain('S2', `${applied.length} changes are known to be applied, and its version is ${version}`)
  const ran = new Set(evidence.began.map(({ instance }) => `${uid} ${instance}`))
  for (const fold of foldAll(uid, { rules: RULES, applied, recorded: evidence.recorded, complain })) {
    checkExecutions(fold, ran, complain)
    checkInvariants(fold, complain)
    await compareStored(fold, storage, complain)
  }

  for (const { name, status } of unresolved(session)) if (status !== 'unstarted') find('stuck', `${name} is ${status}`)
  const outcomes = checkOutcomes(records, evidence, find)
  // What is stuck is missing for that reason; it must not count twice.
  if (!findings.some(({ kind }) => kind === 'stuck')) checkRuns(fired, outcomes, find)
  return { findings, version, outcomes }
}

type Find = (kind: Finding['kind'], what: string) => void

/** @returns how often each trigger is recorded as fired by clients */
function checkFirings(told: readonly Told[], records: ReadonlyMap<string, JsonValue>, find: Find): ReadonlyMap<string, number> {
  const fired = new Map<string, number>()
  const marks = [...records].flatMap(([key, record]) => (key.startsWith('f/') ? ((record as unknown as FiringRecord).payload.marker ?? []) : []))
  for (const { firing: { id, trigger }, acknowledged } of told) {
    const count = marks.filter((mark) => mark === id).length
    fired.set(trigger, (fired.get(trigger) ?? 0) + count)
    if (count === 0 && acknowledged) find('lost', `${trigger} (${id}) was acknowledged and is not recorded`)
    for (let more = 1; more < count; more += 1) find('doubled', `${trigger} (${id}) is recorded ${count} times`)
  }
  return fired
}

interface FiringRecord {
  readonly trigger: string
  readonly payload: { readonly marker?: string }
}

/**
 * The presented changes that were applied, in order. A storage tells by itself: presented once more, an applied change is known, and
 * any other meets a newer version.
 */
async function appliedChanges(uid: string, { presented, recorded }: SessionEvidence, version: number, storage: Storage): Promise<readonly Applied[]> {
  const past = [...presented.values()].filter(({ change }) => change.expect.number < version)
  const asked = past.map(async ({ change, by }): Promise<readonly Applied[]> => {
    const { outcome } = await storage.commit(uid, change)
    const now = recorded.get(change.commitId)?.commands[0]?.now ?? 0
    return outcome === 'alreadyApplied' ? [{ uid, change, now, by }] : []
  })
  const applied = (await Promise.all(asked)).flat()
  return applied.toSorted((left, right) => numberOf(left) - numberOf(right))
}

function numberOf({ change }: Applied): number {
  return change?.expect.number ?? 0
}

interface InstanceRecord {
  readonly name: string
  readonly status: string
  readonly result?: string
}

const BLANK: InstanceRecord = { name: '', status: 'unstarted' }

/** Unresolved instances. Those that still wait for a trigger are no fault by themselves. */
function unresolved(session: StoredSession | null): readonly InstanceRecord[] {
  const records = [...(session?.working ?? [])].filter(([key]) => key.startsWith('i/'))
  return records.map(([, record]) => ({ ...BLANK, ...(record as object) }))
}

/** Each outcome comes from a run of that instance's code, and there is no other end. */
function checkOutcomes(records: ReadonlyMap<string, JsonValue>, { began }: SessionEvidence, find: Find): Verdict['outcomes'] {
  const outcomes = new Map<string, { by: string; attempt: number }>()
  for (const [key, record] of records) {
    if (!key.startsWith('i/')) continue
    const { name, status, result = '' } = record as unknown as InstanceRecord
    const outcome = (records.get(result) as unknown as { payload: { by: string; attempt: number } } | undefined)?.payload
    const isOwn = began.some(({ instance, by, attempt }) => instance === name && by === outcome?.by && attempt === outcome.attempt)
    if (status === 'finished' && outcome !== undefined && isOwn) outcomes.set(name, outcome)
    else find('lost', `${name} is ${status}, and no run of its code gave what is recorded: ${JSON.stringify(outcome)}`)
  }
  return outcomes
}

function checkRuns(fired: ReadonlyMap<string, number>, outcomes: Verdict['outcomes'], find: Find): void {
  for (const [task, expected] of Object.entries(expectedRuns(fired)) as [TaskName, number][]) {
    const count = [...outcomes.keys()].filter((name) => name.startsWith(`${task}#`)).length
    if (count < expected) find('lost', `${task} ran to its end ${count} times instead of ${expected}`)
    if (count > expected) find('doubled', `${task} ran to its end ${count} times instead of ${expected}`)
  }
}
