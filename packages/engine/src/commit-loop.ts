import { isTriggerkitError, TriggerkitError } from '@triggerkit/contracts'
import type { Change, Records, StoredSession, Version } from '@triggerkit/contracts'
import { decodeInstance, fromRecords, SessionState } from '@triggerkit/core'
import { BackgroundLook } from './background-look.js'
import { build, changeOf, isIdle, nothingFetched } from './build.js'
import type { Build, Fetched, Seen } from './build.js'
import { callBack } from './call-back.js'
import type { Engine } from './engine.js'
import { takeBack, takeBackOwn } from './hand-over.js'
import { ask, present } from './presenting.js'
import { closedError, overloaded, Submission } from './submission.js'
import type { SubmissionWatch } from './submission.js'
import { Turns } from './turns.js'
import type { Work } from './work.js'

/** How many pieces of work enter one change at the most. */
const MAX_GROUP = 256

/**
 * Commits one session's work: queued while a commit is under way, and then all of it in one change. On a conflict the
 * winner's state is taken over and the work done anew; while an outcome is unknown the identical change is presented
 * again, and no other is built. Nobody is answered, nor refused, by a state that may be outdated: a commit proves that
 * the state was current, and where there is nothing to commit the session is loaded again.
 */
export class CommitLoop {
  readonly uid: string
  readonly #engine: Engine
  /** What waits to be committed, in order; what is given up meanwhile waits no more. */
  readonly #queue = new Set<Submission>()
  readonly #unsettled = new Set<Submission>()
  readonly #listeners = new Set<() => void>()
  readonly #watch: SubmissionWatch
  #seen: Seen | null = null
  /** What was seen last, also while it must be looked at again. */
  #shown: Seen | null = null
  #running = false
  #rest = Promise.resolve()
  /** The latest news that came while work was under way. */
  #heard: Version | null | undefined
  readonly #turns = new Turns()
  readonly #look: BackgroundLook

  constructor(uid: string, engine: Engine) {
    this.uid = uid
    this.#engine = engine
    this.#look = new BackgroundLook(engine, { uid, look: () => this.refresh(), isWatched: () => this.#listeners.size > 0 })
    this.#watch = {
      deadlines: engine.deadlines,
      onSettled: (settled) => {
        this.#unsettled.delete(settled)
        this.#queue.delete(settled)
      },
    }
  }

  /** Whether nothing is queued, under way or listening. */
  get idle(): boolean {
    return !this.#running && this.#unsettled.size === 0 && this.#listeners.size === 0
  }

  /** Whether work is queued or being committed. */
  get running(): boolean {
    return this.#running
  }

  /** Resolves once no work is queued or being committed. */
  get rest(): Promise<void> {
    return this.#rest
  }

  /** The session as last seen here; `null` if it wasn't looked at yet. */
  get seen(): Readonly<Seen> | null {
    return this.#seen
  }

  /** The session as last seen here, be it out of date; `null` also if it was deleted here. For showing only. */
  get shown(): Readonly<Seen> | null {
    return this.#shown
  }

  /**
   * Queues work and resolves with its answer once it is committed, handed over and its hooks have run.
   * @throws `Closed`, `Overloaded` if too much is queued, `OutcomeUnknown` or `StorageUnavailable` after the time limit
   */
  submit<TAnswer>(work: Work<TAnswer>): Promise<TAnswer> {
    const { settings, closing } = this.#engine
    if (closing && !work.inner) return Promise.reject(closedError())
    if (!work.patient && this.#queue.size >= settings.maxQueue) return Promise.reject(overloaded(this.uid, settings.maxQueue))
    const deadline = work.patient && !closing ? Infinity : settings.clock.monotonic() + settings.commandTimeout
    const submission = new Submission(work, this.uid, this.#watch)
    if (deadline !== Infinity) submission.limit(deadline)
    this.#unsettled.add(submission as Submission)
    this.#queue.add(submission as Submission)
    if (!this.#running) this.#rest = this.#run()
    return submission.promise
  }

  /** Sets the time limit for patient work, too. */
  hurry(): void {
    const { clock, commandTimeout } = this.#engine.settings
    for (const submission of this.#unsettled) submission.limit(clock.monotonic() + commandTimeout)
  }

  /** Resolves once everything submitted so far is settled. */
  async flush(): Promise<void> {
    await Promise.allSettled([...this.#unsettled].map(({ promise }) => promise))
  }

  /** Calls back whenever a new version of the session has been seen; returns what ends it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Takes note of a version that the storage tells of, or with `null` of the session's end: looks at the session, unless that
   * version has been seen. What comes amid work waits for the work's end, because most of it is what is being committed here.
   * @param stored - the session as it is with that version, if the storage had it at hand
   */
  hear(version: Version | null, stored?: StoredSession): void {
    if (this.#running) {
      if (this.#heard !== null && !isKnown(version, this.#heard)) this.#heard = version
    } else if (!isKnown(version, this.#seen?.version)) {
      // Another incarnation may be an earlier one.
      if (stored && stored.version.incarnation === this.#seen?.version.incarnation) this.#see(stored)
      else this.look()
    }
  }

  /** Whether nothing is to be learnt from that version here. */
  knows(version: Version | null): boolean {
    return isKnown(version, this.#seen?.version)
  }

  /** Looks at the stored session again in the background; a failure is told to the logger alone. */
  look(): void {
    this.#look.want()
  }

  /** Looks at the stored session again, e.g. because another process may have changed it. */
  async refresh(): Promise<void> {
    const before = this.#seen?.version
    const { session } = await this.#engine.call(() => this.#engine.settings.storage.load(this.uid))
    if (!this.#running && this.#isNews(session, before)) this.#see(session)
  }

  /** Whether a loaded session may be later than what is seen; `before` was seen when it was asked for. */
  #isNews(session: StoredSession | null, before: Version | undefined): boolean {
    const seen = this.#seen?.version
    if (seen === undefined) return true
    if (session?.version.incarnation === seen.incarnation) return session.version.number > seen.number
    // Another incarnation, or none, came after what was seen then; what has been seen since may be later still.
    return seen === before
  }

  /** Moves the wake-up while the session still has that version. */
  async postpone(version: Version, wakeAt: number | null): Promise<void> {
    const { storage } = this.#engine.settings
    await this.#engine.call(() => storage.postpone(this.uid, version, wakeAt))
    const seen = this.#seen
    if (seen?.version.number === version.number && seen.version.incarnation === version.incarnation) seen.wakeAt = wakeAt
  }

  /** Forgets the session, which has been deleted: the next work loads it again. */
  forget(): void {
    if (this.#seen !== null) takeBackOwn(this.#engine, this.#seen, () => undefined)
    this.#seen = null
    this.#shown = null
    this.#tell()
  }

  async #run(): Promise<void> {
    this.#running = true
    await Promise.resolve() // what is fired in the same breath enters the same change
    while (this.#queue.size > 0) await this.#commitOrReject(this.#take())
    this.#running = false
    const heard = this.#heard
    this.#heard = undefined
    if (heard !== undefined) this.hear(heard)
  }

  #take(): readonly Submission[] {
    const group = [...this.#queue].slice(0, MAX_GROUP)
    for (const submission of group) this.#queue.delete(submission)
    return group
  }

  async #commitOrReject(group: readonly Submission[]): Promise<void> {
    try {
      await this.#commit(group)
    } catch (error) {
      this.#seen = null
      const waiting = group.filter(({ settled }) => !settled)
      const divisible = isTriggerkitError(error, 'StorageRefused') && waiting.length > 1
      // One of them may be too large: it must not take the others with it.
      if (divisible) for (const submission of waiting) await this.#commitOrReject([submission])
      else for (const submission of waiting) submission.reject(error)
    }
  }

  async #commit(group: readonly Submission[]): Promise<void> {
    let fetched: Fetched | undefined
    for (let fresh = false; ; ) {
      if (this.#seen === null) {
        fetched = undefined
        fresh = await this.#load(group)
      }
      const seen = this.#seen
      const wanted = group.filter(({ settled }) => !settled)
      if (seen === null || wanted.length === 0) return
      const built = build(this.#engine, seen, wanted, fetched)
      if (built.needed.length > 0) {
        await this.#fetch(built, (fetched ??= nothingFetched()))
        continue
      }
      if (isIdle(built)) {
        if (fresh) return this.#conclude(built, new Map())
        this.#seen = null
        continue
      }
      const change = changeOf(this.#engine, built)
      built.recording.tell(this.uid, change)
      const answer = await present(this.#engine, this.uid, change, wanted)
      if (answer === null) continue
      fresh = true
      if (answer.outcome === 'conflict') {
        this.#see(answer.session)
        fetched = undefined
      } else if (answer.outcome === 'present') {
        fetched ??= nothingFetched()
        for (const [key, record] of answer.records) fetched.records.set(key, record)
      } else return this.#committed(built, change, answer.records)
    }
  }

  async #load(group: readonly Submission[]): Promise<boolean> {
    const answer = await ask(this.#engine, group, () => this.#engine.settings.storage.load(this.uid))
    if (answer !== null) this.#see(answer.session)
    return answer !== null
  }

  /** Reads the archived instances that the work turned out to need. */
  async #fetch({ seen, group, needed }: Build, fetched: Fetched): Promise<void> {
    const keys = [...new Set(needed.map(({ key }) => key))]
    const answer = await ask(this.#engine, group, () => this.#engine.settings.storage.read(this.uid, keys))
    if (answer === null) return
    if (answer.version?.number !== seen.version.number) this.#seen = null
    for (const { key, instance } of needed) {
      const record = answer.records.get(key)
      if (record !== undefined) fetched.instances.set(instance, decodeInstance(record))
      else if (this.#seen !== null) throw damaged(this.uid, instance)
    }
  }

  #see(session: StoredSession | null): void {
    const { uid } = this
    const before = this.#seen
    const isNews = !isKnown(session?.version ?? null, this.#shown?.version)
    const seen: Seen =
      session === null
        ? { uid, state: new SessionState(), version: { incarnation: this.#engine.settings.ids.random(), number: 0 }, wakeAt: null }
        : { uid, state: fromRecords(session.working), version: session.version, wakeAt: session.wakeAt }
    this.#seen = seen
    this.#shown = seen
    const goesOn = before?.version.incarnation === seen.version.incarnation
    if (before !== null) takeBackOwn(this.#engine, before, (name) => (goesOn ? seen.state.instance(name) : undefined))
    this.#tell(isNews)
  }

  #committed(built: Build, { wakeAt }: Change, records: Records): void {
    const { seen, draft } = built
    const changed = draft.changes.instances
    takeBack(this.#engine, seen, changed.keys(), (name) => changed.get(name))
    seen.state.apply(draft.changes)
    seen.version = { incarnation: seen.version.incarnation, number: seen.version.number + 1 }
    seen.wakeAt = wakeAt
    this.#engine.looseEnds.expect(seen, changed.values())
    this.#conclude(built, records)
    this.#tell()
  }

  #conclude({ group, seen }: Build, records: Records): void {
    for (const submission of group) {
      submission.decide()
      if (submission.failure !== null) submission.reject(submission.failure.error)
      if (submission.done === null) continue
      submission.work.take?.(records)
      this.#turns.take(submission, this.#engine.handOver(seen, submission.done.effects))
    }
  }

  #tell(isNews = true): void {
    this.#engine.executions.check(this.uid, this.#seen)
    if (!isNews) return
    for (const listener of this.#listeners) callBack(listener, (error) => this.#listenerFailed(error))
  }

  #listenerFailed(error: unknown): void {
    this.#engine.settings.logger.error('A listener failed; the session is not affected.', { uid: this.uid, error: String(error) })
  }
}

/** Whether whoever has seen `seen` has nothing to learn from that version. */
function isKnown(version: Version | null, seen: Version | undefined): boolean {
  if (version === null) return seen?.number === 0
  return seen?.incarnation === version.incarnation && seen.number >= version.number
}

function damaged(uid: string, instance: string): TriggerkitError {
  const message = `The record of ${instance} is missing from session ${JSON.stringify(uid)}, which counts it among its instances.`
  return new TriggerkitError('UnknownInstance', message, { details: { uid, instance } })
}
