import type { Change, JsonValue, Version } from '@triggerkit/contracts'
import { ArchivedInstanceNeeded, Draft, namedKey, toRecords } from '@triggerkit/core'
import type { Instance, SessionState } from '@triggerkit/core'
import { ChangeRecording } from './change-recording.js'
import type { Engine } from './engine.js'
import { nextWakeUp } from './next-look.js'
import type { Submission } from './submission.js'

/** A session as the engine last saw it in the storage. */
export interface Seen {
  readonly uid: string
  readonly state: SessionState
  version: Version
  wakeAt: number | null
}

/** What a group needs besides the working set; true of one version only. */
export interface Fetched {
  readonly instances: Map<string, Instance>
  readonly records: Map<string, JsonValue>
}

/** A group of work, carried out on one draft that is to become one change. */
export interface Build {
  readonly seen: Seen
  readonly group: readonly Submission[]
  readonly draft: Draft
  readonly recording: ChangeRecording
  /** The archived instances that must be read before it can be done. */
  readonly needed: readonly ArchivedInstanceNeeded[]
  /** The ids of failed commands of which must be known whether they were carried out before. */
  readonly doubtful: readonly string[]
}

export function nothingFetched(): Fetched {
  return { instances: new Map(), records: new Map() }
}

/** Does each piece of work on one draft; what fails leaves that as it was. */
export function build(engine: Engine, seen: Seen, group: readonly Submission[], fetched: Fetched | undefined): Build {
  const recording = new ChangeRecording(engine)
  const draft = new Draft(seen.state, fetched)
  for (const submission of group) submission.carryOut(draft, seen.version.incarnation, recording)
  const needed: ArchivedInstanceNeeded[] = []
  for (const { failure } of group) if (failure?.error instanceof ArchivedInstanceNeeded) needed.push(failure.error)
  // A session that isn't there, and a command that is known, leave no doubt.
  const unsure = seen.state.session === null ? [] : recording.doubted.map((id) => namedKey('d', id))
  const doubtful = unsure.filter((key) => fetched?.records.has(key) !== true)
  return { seen, group, draft, recording, needed, doubtful }
}

/** Whether there is nothing to write, and nothing to learn by trying. */
export function isIdle({ draft, doubtful }: Build): boolean {
  return draft.isEmpty && doubtful.length === 0
}

/** The change that does what the group did. */
export function changeOf(engine: Engine, { seen, group, draft, doubtful }: Build): Change {
  const { settings, ids } = engine
  const { working, archive } = toRecords(draft.changes, seen.state)
  const change: Change = {
    commitId: ids.next(),
    expect: seen.version,
    expectAbsent: doubtful.length === 0 ? draft.changes.expectAbsent : [...draft.changes.expectAbsent, ...doubtful],
    working,
    archive,
    receipts: draft.changes.receipts,
    read: group.flatMap(({ work, failure }) => (failure === null ? (work.reads?.(draft) ?? []) : [])),
    wakeAt: nextWakeUp(engine, seen, draft),
  }
  return settings.ttl === undefined ? change : { ...change, ttl: settings.ttl }
}
