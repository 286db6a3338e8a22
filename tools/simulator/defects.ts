/** A line of the real source, and what a team in a hurry would have written in its place. */
export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** A planted bug: built into a copy of the system for the simulator alone, so that the proof itself is proven. */
export interface Defect {
  readonly id: string
  readonly what: string
  readonly edits: readonly Edit[]
}

const engine = (file: string): string => `packages/engine/src/${file}.ts`
const core = (file: string): string => `packages/core/src/${file}.ts`
const memory = (file: string): string => `packages/storage/memory/src/${file}.ts`

/** The bugs that teams really make with such a system. */
export const DEFECTS: readonly Defect[] = [
  {
    id: 'cascade-later',
    what: 'a finished task fires its name in a second step',
    edits: [
      { file: core('transitions/execution'), find: 'fireTrigger(step, running.task, result, firing)', replace: 'void fireTrigger' },
      {
        file: engine('execute'),
        find: 'await loop.submit(commandWork(traits, command, { patient: true, incarnation: call.incarnation, hooks: manager.hooks }))',
        replace: `await loop.submit(commandWork(traits, command, { patient: true, incarnation: call.incarnation, hooks: manager.hooks }))
    if (command.type === 'finish') {
      const cascade = { type: 'fire' as const, trigger: begun.instance.task, kwargs: command.result }
      await loop.submit(commandWork(traits, cascade, { patient: true, hooks: manager.hooks }))
    }`,
      },
    ],
  },
  {
    id: 'no-epoch-check',
    what: 'an outcome counts whichever execution it comes from',
    edits: [{ file: core('step'), find: 'instance.handOver !== null && instance.epoch === epoch', replace: 'instance.handOver !== null && epoch >= 0' }],
  },
  {
    id: 'no-commit-id',
    what: 'a change whose answer was lost is presented under a new id',
    edits: [{ file: engine('presenting'), find: 'engine.commits.commit(uid, change)', replace: 'engine.commits.commit(uid, { ...change, commitId: `${change.commitId}/${engine.ids.next()}` })' }],
  },
  {
    id: 'job-id-without-attempt',
    what: 'a requeued instance gets the id of the job that is gone',
    edits: [{ file: engine('job'), find: '[task, number, round, attempt]', replace: '[task, number, round, attempt * 0]' }],
  },
  {
    id: 'wake-up-cleared',
    what: 'the wake-up is cleared before the hand-over has succeeded',
    edits: [{ file: engine('next-look'), find: 'if (next !== Infinity) return Math.min(wakeAt ?? Infinity, next)', replace: 'if (next !== Infinity) return null' }],
  },
  {
    id: 'no-sweep',
    what: 'nothing looks after sessions whose wake-up has come',
    edits: [{ file: engine('sweep'), find: 'const { sessions } = await engine.call(() => storage.due(SESSIONS_A_SWEEP))', replace: 'const { sessions } = { ...(await engine.call(() => storage.due(SESSIONS_A_SWEEP))), sessions: [] as DueSession[] }' }],
  },
  {
    id: 'lost-cooldown',
    what: 'a requeued instance forgets how long it had to wait',
    edits: [{ file: core('transitions/execution'), find: 'else hand(step, instance, handOver, {', replace: 'else hand(step, instance, { ...handOver, notBefore: null }, {' }],
  },
  {
    id: 'cooldown-not-told',
    what: "the runner isn't told how long a job has to wait",
    edits: [{ file: engine('job'), find: '    notBefore,\n', replace: '    notBefore: notBefore === null ? null : 0,\n' }],
  },
  {
    id: 'conflict-applies-twice',
    what: 'after a conflict the commands are carried out on a state that already contains them',
    edits: [{ file: engine('commit-loop'), find: 'this.#see(answer.session)\n        fetched = undefined', replace: 'this.#see(answer.session)\n        if (answer.session !== null) this.#seen?.state.apply(built.draft.changes)\n        fetched = undefined' }],
  },
  {
    id: 'stale-cache',
    what: "a conflict's loser takes the winner's version, but keeps its own state",
    edits: [{ file: engine('commit-loop'), find: 'this.#see(answer.session)\n        fetched = undefined', replace: 'if (answer.session !== null) seen.version = answer.session.version\n        else this.#see(null)\n        fetched = undefined' }],
  },
  {
    id: 'idempotency-key-dropped',
    what: "a firing's id never reaches the storage",
    edits: [{ file: engine('commands'), find: 'return id === undefined ? fire : { ...fire, id: this.#checkId(id) }', replace: 'return id === undefined || this.#checkId(id) === "" ? fire : fire' }],
  },
  {
    id: 'command-id-dropped',
    what: "a command's id leaves no receipt",
    edits: [{ file: core('transition'), find: 'changes.expectAbsent.push(key)\n', replace: 'if (key === "") changes.expectAbsent.push(key)\n' }],
  },
  {
    id: 'reaction-later',
    what: 'reactions are committed in a second step',
    edits: [
      { file: engine('work'), find: 'react(own, traits, recording, done)', replace: 'if (command.type === "configure") react(own, traits, recording, done)' },
      {
        file: engine('execute'),
        find: 'await loop.submit(commandWork(traits, command, { patient: true, incarnation: call.incarnation, hooks: manager.hooks }))',
        replace: `const done = await loop.submit(commandWork(traits, command, { patient: true, incarnation: call.incarnation, hooks: manager.hooks }))
    for (const reaction of traits.react?.([{ type: 'instanceFinished', instance: begun.instance.name }], (loop.seen as NonNullable<typeof loop.seen>).state) ?? []) await loop.submit(commandWork(traits, reaction, { patient: true }))
    void done`,
      },
    ],
  },
  {
    id: 'lease-renewed-after-loss',
    what: 'a process whose lease has run out goes on as if nothing had happened',
    edits: [{ file: engine('owner'), find: 'if (!lapsed) this.#beatAt = beatAt', replace: 'if (!lapsed || beatAt > 0) this.#beatAt = beatAt' }],
  },
  {
    id: 'lapsed-lease-revived',
    what: 'the storage renews a lease that has run out',
    edits: [{ file: memory('leases'), find: 'const renewable = first || this.#ends.has(owner)', replace: 'const renewable = first || owner !== ""' }],
  },
  {
    id: 'unknown-called-failure',
    what: 'a lost answer is reported as certainly not done',
    edits: [{ file: engine('submission'), find: 'this.reject(this.presented ? ', replace: 'this.reject(this.presented && this.uid === "" ? ' }],
  },
  {
    id: 'acknowledged-too-soon',
    what: 'a command is acknowledged as soon as it is sent',
    edits: [{ file: engine('commit-loop'), find: 'built.recording.tell(this.uid, change)', replace: 'built.recording.tell(this.uid, change)\n      for (const submission of wanted) if (submission.failure === null && submission.done !== null && !submission.work.inner) submission.resolve(submission.done.answer)' }],
  },
  {
    id: 'own-firings-unnamed',
    what: 'what a task fires gets a new id each time it is run',
    edits: [{ file: engine('trigger-manager'), find: 'const derived = command.id ?? this.#ids?.next(command)', replace: 'const derived = command.id' }],
  },
  {
    id: 'postpone-without-version',
    what: "a sweeper's postponement overwrites the wake-up of a newer commit",
    edits: [{ file: memory('memory-storage'), find: 'if (session?.hasVersion(version) === true) this.#space.postpone(session, wakeAt)', replace: 'if (session !== undefined && version.number >= 0) this.#space.postpone(session, wakeAt)' }],
  },
  {
    id: 'no-owner-of-memory',
    what: "a job in a process's memory has no owner that could die",
    edits: [{ file: engine('sweep'), find: "if (lives) return own ? 'repeat' : 'nothing'", replace: "if (lives || owner !== null) return own ? 'repeat' : 'nothing'" }],
  },
  {
    id: 'lost-runs-stay-lost',
    what: 'executions of a dead process are never picked up',
    edits: [{ file: engine('sweep'), find: "return lives ? 'nothing' : 'take up'", replace: "return lives || owner !== '' ? 'nothing' : 'take up'" }],
  },
  {
    id: 'no-version-check',
    what: 'whoever commits last wins',
    edits: [{ file: memory('memory-storage'), find: 'if (!isExpected(session, change.expect)) return', replace: 'if (!isExpected(session, change.expect) && (session === undefined || change.expect.number === 0)) return' }],
  },
]
