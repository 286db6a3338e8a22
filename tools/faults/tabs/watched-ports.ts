import type { Change, CommitAnswer, Invoke, Runner, RunnerHost, SessionChange, Storage } from '@triggerkit/contracts'
import type { RecordedChange, Recorder } from '@triggerkit/engine'

import { withMaps } from '../maps-as-json.js'
import type { Presented } from './evidence.js'
import { PASSING, type Point } from './points.js'

/** What the run that drives this tab offers it. */
export interface Station {
  /** Answers when the tab may go on. */
  reached(point: Point): Promise<void>
  /** @param text - a {@link Presented} as JSON: a page can't hand maps over */
  presented(text: string): Promise<void>
  /** The storage has acknowledged a change. */
  acknowledged(commitId: string): Promise<void>
}

/** Tells when the application reaches a point, by way of its ports. */
export class Watch implements Recorder {
  readonly #station: Station
  readonly #recorded = new Map<string, RecordedChange>()
  #armed: Point | null = null

  constructor(station: Station) {
    this.#station = station
  }

  /** The next time that this point is reached, the tab stands still and waits for its fate. */
  arm(point: Point): void {
    this.#armed = point
  }

  async reach(point: Point): Promise<void> {
    if (point !== this.#armed) return
    this.#armed = null
    const free = this.#station.reached(point)
    if (!PASSING.has(point)) await free
  }

  record(change: RecordedChange): void {
    this.#recorded.set(change.commitId, change)
  }

  /** The same storage, its commits watched. */
  storage<TStorage extends Storage>(storage: TStorage): TStorage {
    const commit = storage.commit.bind(storage)
    const commitMany = storage.commitMany?.bind(storage)
    return Object.assign(storage, {
      commit: async (uid: string, change: Change) => {
        const [answer] = await this.#commit([{ uid, change }], async () => [await commit(uid, change)])
        return answer as CommitAnswer
      },
      ...(commitMany !== undefined && { commitMany: (changes: readonly SessionChange[]) => this.#commit(changes, () => commitMany(changes)) }),
    })
  }

  /** The same runner, its jobs watched. */
  runner(runner: Runner): Runner {
    return {
      key: runner.key,
      capabilities: runner.capabilities,
      accepts: (run) => runner.accepts?.(run) ?? 'unknown',
      dispatch: async (job, options) => {
        await this.reach('hand-over begun')
        const answer = await runner.dispatch(job, options)
        await this.reach('hand-over done')
        return answer
      },
      start: (host) => runner.start(this.#host(host)),
      cancel: (jobId) => runner.cancel(jobId),
      idle: () => runner.idle(),
      close: (options) => runner.close(options),
    }
  }

  /** What was presented is told before it is sent, and what is acknowledged after that: the tab may be gone at any moment. */
  async #commit(changes: readonly SessionChange[], commit: () => Promise<readonly CommitAnswer[]>): Promise<readonly CommitAnswer[]> {
    const act = this.#actOf(changes)
    for (const { change } of changes) {
      const recorded = this.#recorded.get(change.commitId)
      if (recorded !== undefined) await this.#station.presented(JSON.stringify({ change, recorded } satisfies Presented, withMaps))
    }
    await this.reach(`${act} presented`)
    const committing = commit()
    void this.reach(`${act} under way`)
    const answers = await committing
    for (const [place, { outcome }] of answers.entries()) {
      if (outcome === 'committed' || outcome === 'alreadyApplied') await this.#station.acknowledged(changes[place]?.change.commitId as string)
    }
    await this.reach(`${act} committed`)
    return answers
  }

  /** What these changes do above all. */
  #actOf(changes: readonly SessionChange[]): 'fire' | 'begin' | 'outcome' {
    const commands = changes.flatMap(({ change }) => this.#recorded.get(change.commitId)?.commands ?? [])
    const types = new Set(commands.map(({ command }) => command.type))
    if (types.has('finish') || types.has('fail') || types.has('retry')) return 'outcome'
    return types.has('begin') ? 'begin' : 'fire'
  }

  #host(host: RunnerHost): RunnerHost {
    return {
      clock: host.clock,
      logger: host.logger,
      now: () => host.now(),
      abort: (job) => host.abort(job),
      execute: async (job, invoke) => {
        const report = await host.execute(job, invoke && this.#invoke(invoke))
        await this.reach('execution reported')
        return report
      },
    }
  }

  #invoke(invoke: Invoke): Invoke {
    return async (call, signal, port) => {
      await this.reach('task begun')
      const log: typeof port.log = (entry) => {
        void this.reach('task amid')
        port.log(entry)
      }
      const outcome = await invoke(call, signal, { log, call: (method, args) => port.call(method, args) })
      await this.reach('task ended')
      return outcome
    }
  }
}
