import { isTriggerkitError, LONGEST_RETRY_MS, TriggerkitError } from '@triggerkit/contracts'
import type { Change, CommitAnswer, JsonValue, Records, StoredSession, Version } from '@triggerkit/contracts'
import { ArchivedInstanceNeeded, decodeInstance, Draft, fromRecords, isEmpty, schedulingRefused, SessionState, toRecords } from '@triggerkit/core'
import type { Instance } from '@triggerkit/core'
import type { Engine } from './engine.js'
import { ChangeRecording } from './change-recording.js'
import { nextWakeUp } from './next-look.js'
import { Submission } from './submission.js'
import { sleep } from './system-clock.js'
import { attempt } from './work.js'
import type { Work } from './work.js'

/** How many pieces of work enter one change at the most. */
const MAX_GROUP = 256
const FIRST_PAUSE = 50
const LONGEST_PAUSE = 5_000

/** A session as the engine last saw it in the storage. */
interface Seen {
  readonly state: SessionState
  version: Version
  wakeAt: number | null
}

/** What was read from the archive for the group at hand. */
interface Fetched {
  readonly instances: Map<string, Instance>
  readonly records: Map<string, JsonValue>
}

/**
 * Commits one session's work: queued while a commit is under way, and then all of it in one change. On a conflict the
 * winner's state is taken over and the work done anew; while an outcome is unknown the identical change is presented
 * again, and no other is built.
 */
export class CommitLoop {
  readonly uid: string
  readonly #engine: Engine
  readonly #queue: Submission[] = []
  readonly #listeners = new Set<() => void>()
  #seen: Seen | null = null
  #running = false
  #turn: Promise<void> | null = null

  constructor(uid: string, engine: Engine) {
    this.uid = uid
    this.#engine = engine
  }

  /** Whether nothing is queued, under way or listening. */
  get idle(): boolean {
    return !this.#running && this.#turn === null && this.#listeners.size === 0
  }

  /** Whether work is queued or being committed. */
  get running(): boolean {
    return this.#running
  }

  /** The session as last seen here; `null` if it wasn't looked at yet. */
  get seen(): Readonly<Seen> | null {
    return this.#seen
  }

  /**
   * Queues work and resolves with its answer once it is committed, handed over and its hooks have run.
   * @throws `Overloaded` if too much is queued, `OutcomeUnknown` or `StorageUnavailable` after the time limit
   */
  submit<TAnswer>(work: Work<TAnswer>): Promise<TAnswer> {
    const { settings, deadlines } = this.#engine
    if (this.#queue.length >= settings.maxQueue) return Promise.reject(overloaded(this.uid, settings.maxQueue))
    const deadline = work.patient ? Infinity : settings.clock.monotonic() + settings.commandTimeout
    const submission = new Submission(work, this.uid, deadline, (settled) => deadlines.remove(settled as Submission))
    if (!work.patient) deadlines.add(submission as Submission)
    this.#queue.push(submission as Submission)
    if (!this.#running) void this.#run()
    return submission.promise
  }

  /** Calls back whenever a new version of the session has been seen; returns what ends it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Looks at the stored session again, e.g. because another process may have changed it. */
  async refresh(): Promise<void> {
    const { session } = await this.#engine.call(() => this.#engine.settings.storage.load(this.uid))
    const seen = this.#seen
    const older = seen !== null && session?.version.incarnation === seen.version.incarnation && session.version.number <= seen.version.number
    if (!older && !this.#running) this.#see(session)
  }

  /** Forgets what was seen: the next work loads the session again. */
  forget(): void {
    this.#seen = null
    this.#tell()
  }

  async #run(): Promise<void> {
    this.#running = true
    await Promise.resolve() // what is fired in the same breath enters the same change
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0, MAX_GROUP)
      try {
        await this.#commit(group)
      } catch (error) {
        this.#seen = null
        for (const submission of group) submission.reject(error)
      }
    }
    this.#running = false
  }

  async #commit(group: readonly Submission[]): Promise<void> {
    let fetched: Fetched = { instances: new Map(), records: new Map() }
    for (;;) {
      const seen = this.#seen ?? (await this.#load(group))
      const wanted = group.filter(({ settled }) => !settled)
      if (seen === null || wanted.length === 0) return
      const recording = new ChangeRecording(this.#engine)
      const draft = new Draft(seen.state, fetched)
      const needed = this.#carryOut(wanted, draft, recording)
      if (needed !== undefined) {
        await this.#fetch(needed, fetched)
        continue
      }
      if (isEmpty(draft.changes)) return this.#conclude(wanted, new Map())
      const change = this.#change(seen, draft, wanted)
      recording.tell(this.uid, change)
      const answer = await this.#present(change, wanted)
      if (answer === null) return
      if (answer.outcome === 'conflict') {
        this.#see(answer.session)
        fetched = { instances: new Map(), records: new Map() }
      } else if (answer.outcome === 'present') {
        for (const [key, record] of answer.records) fetched.records.set(key, record)
      } else return this.#committed(seen, draft, change, wanted, answer.records)
    }
  }

  /** Does each piece of work on the draft; what throws is rejected alone. Returns what must be read from the archive first. */
  #carryOut(group: readonly Submission[], draft: Draft, recording: ChangeRecording): ArchivedInstanceNeeded | undefined {
    for (const submission of group) {
      submission.presented = false
      try {
        submission.done = attempt(draft, submission.work, recording)
        recording.keep(true)
      } catch (error) {
        recording.keep(false)
        if (error instanceof ArchivedInstanceNeeded) return error
        submission.reject(error)
      }
    }
    return undefined
  }

  async #fetch({ key, instance }: ArchivedInstanceNeeded, fetched: Fetched): Promise<void> {
    const { records } = await this.#engine.call(() => this.#engine.settings.storage.read(this.uid, [key]))
    const record = records.get(key)
    // Gone since the session was loaded: it has changed, and must be loaded again.
    if (record === undefined) this.#seen = null
    else fetched.instances.set(instance, decodeInstance(record))
  }

  #change({ state, version, wakeAt }: Seen, draft: Draft, group: readonly Submission[]): Change {
    const { settings, ids, time } = this.#engine
    const { working, archive } = toRecords(draft.changes, state)
    const read = group.flatMap(({ settled, work }) => (settled ? [] : (work.reads?.(draft) ?? [])))
    return {
      commitId: ids.next(),
      expect: version,
      expectAbsent: [...draft.changes.expectAbsent],
      working,
      archive,
      receipts: draft.changes.receipts,
      read,
      wakeAt: nextWakeUp(this.#engine, state, draft, wakeAt, time.now()),
      ...(settings.ttl !== undefined && { ttl: settings.ttl }),
    }
  }

  /** Presents the identical change until its outcome is known; `null` if nobody waits for it any more and it was never sent. */
  async #present(change: Change, group: readonly Submission[]): Promise<CommitAnswer | null> {
    const { settings, time } = this.#engine
    const started = settings.clock.monotonic()
    let unknown = false
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      for (const submission of group) submission.presented = true
      try {
        return time.hear(await settings.storage.commit(this.uid, change))
      } catch (error) {
        if (isTriggerkitError(error, 'StorageRefused') || isTriggerkitError(error, 'Closed')) throw error
        unknown ||= !isTriggerkitError(error, 'StorageUnavailable')
        if (!unknown) for (const submission of group) submission.presented = false
        if (!unknown && group.every(({ settled }) => settled)) return null
        if (settings.clock.monotonic() - started > LONGEST_RETRY_MS) return this.#giveUp(group)
        settings.logger.debug('A change is presented again.', { uid: this.uid, commitId: change.commitId, error: String(error) })
        await sleep(settings.clock, pause)
      }
    }
  }

  async #load(group: readonly Submission[]): Promise<Seen | null> {
    const { settings } = this.#engine
    const started = settings.clock.monotonic()
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        return this.#see(this.#engine.time.hear(await settings.storage.load(this.uid)).session)
      } catch (error) {
        if (isTriggerkitError(error)) if (error.code === 'Closed' || error.code === 'UnsupportedFormat') throw error
        if (group.every(({ settled }) => settled)) return null
        if (settings.clock.monotonic() - started > LONGEST_RETRY_MS) return this.#giveUp(group)
        await sleep(settings.clock, pause)
      }
    }
  }

  #giveUp(group: readonly Submission[]): null {
    this.#seen = null
    for (const submission of group) submission.expire()
    return null
  }

  #see(session: StoredSession | null): Seen {
    this.#seen =
      session === null
        ? { state: new SessionState(), version: { incarnation: this.#engine.settings.ids.random(), number: 0 }, wakeAt: null }
        : { state: fromRecords(session.working), version: session.version, wakeAt: session.wakeAt }
    this.#tell()
    return this.#seen
  }

  #committed(seen: Seen, draft: Draft, change: Change, group: readonly Submission[], records: Records): void {
    seen.state.apply(draft.changes)
    seen.version = { incarnation: seen.version.incarnation, number: seen.version.number + 1 }
    seen.wakeAt = change.wakeAt
    this.#conclude(group, records)
    this.#tell()
  }

  #conclude(group: readonly Submission[], records: Records): void {
    for (const submission of group) {
      if (submission.done === null) continue
      submission.work.take?.(records)
      this.#turn = this.#settle(submission, this.#turn)
    }
    const last = this.#turn
    void last?.then(() => {
      if (this.#turn === last) this.#turn = null
    })
  }

  /** Hands over, then starts the hooks in commit order, then settles; resolves once the hooks have started. */
  #settle(submission: Submission, previous: Promise<void> | null): Promise<void> | null {
    const { work, done } = submission
    if (done === null) return previous
    const handedOver = done.effects.length > 0 ? this.#engine.handOver(this, done.effects) : null
    const hooked = work.hooks !== undefined
    if (previous === null && handedOver === null && !hooked) {
      settle(submission)
      return null
    }
    return this.#settleLater(submission, previous, handedOver)
  }

  async #settleLater(submission: Submission, previous: Promise<void> | null, handedOver: Promise<void> | null): Promise<void> {
    await previous
    await handedOver
    const hooks = submission.work.hooks?.(submission.done?.events ?? [])
    if (hooks === undefined) settle(submission)
    else void hooks.then(() => settle(submission))
  }

  #tell(): void {
    this.#engine.executions.check(this.uid, this.#seen)
    for (const listener of this.#listeners) listener()
  }
}

function settle(submission: Submission): void {
  const { refusal, answer } = submission.done as NonNullable<typeof submission.done>
  if (refusal === null) submission.resolve(answer)
  else submission.reject(schedulingRefused(refusal, answer as object))
}

function overloaded(uid: string, maxQueue: number): TriggerkitError {
  const message = `${maxQueue} commands wait for session ${JSON.stringify(uid)} already; this one was not taken. Slow down, or raise maxQueue.`
  return new TriggerkitError('Overloaded', message, { details: { uid, maxQueue } })
}
