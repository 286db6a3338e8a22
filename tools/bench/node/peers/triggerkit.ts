import type { DispatchAnswer, DispatchOptions, ExecutionReport, Job, JsonObject, Runner, RunnerHost } from '@triggerkit/contracts'
import { createTriggers, defineTask } from '@triggerkit/engine'
import type { Triggers } from '@triggerkit/engine'
import { bullmqRunner } from '@triggerkit/runners-bullmq'
import { inlineRunner } from '@triggerkit/runners-inline'
import { redisStorage } from '@triggerkit/storage-redis'

import { silentLogger } from '../../silent-logger.js'
import type { EventName, Ground, Peer } from '../peer.js'
import { TaskBook } from '../task-book.js'

/** Ourselves: sessions on Redis, tasks by BullMQ or in this process; what was acknowledged survives any crash. */
export class TriggerkitJoin implements Peer {
  readonly name: string
  readonly book: TaskBook = new TaskBook()
  readonly #triggers: Triggers

  constructor({ url, concurrency }: Ground, where: 'here' | 'BullMQ') {
    this.name = `Triggerkit, ${where}`
    const runner = where === 'here' ? inlineRunner({ concurrency }) : bullmqRunner({ connection: url, queue: 'triggerkit-join', concurrency })
    const join = defineTask('join', async ({ uid }) => this.book.started(uid))
    this.#triggers = createTriggers({
      storage: redisStorage({ url, prefix: where === 'here' ? 'join-here' : 'join-queued', logger: silentLogger }),
      runners: { own: new ToldRunner(runner, this.book) },
      tasks: [join],
      configuration: { t_join: { after: ['A', 'B'], run: 'join' } },
    })
  }

  async open(): Promise<this> {
    await this.#triggers.start()
    return this
  }

  event(uid: string, name: EventName, kwargs: JsonObject): Promise<unknown> {
    return this.#triggers.manager(uid).fire(name, kwargs)
  }

  close(): Promise<void> {
    return this.#triggers.close()
  }
}

/** A runner that writes down when an outcome is recorded. */
class ToldRunner implements Runner {
  readonly #runner: Runner
  readonly #book: TaskBook

  constructor(runner: Runner, book: TaskBook) {
    this.#runner = runner
    this.#book = book
  }

  get key(): string {
    return this.#runner.key
  }

  get capabilities(): Runner['capabilities'] {
    return this.#runner.capabilities
  }

  dispatch(job: Job, options: DispatchOptions): Promise<DispatchAnswer> {
    return this.#runner.dispatch(job, options)
  }

  start(host: RunnerHost): Promise<void> {
    const told = async (job: Job): Promise<ExecutionReport> => {
      const report = await host.execute(job)
      this.#book.ended(job.uid)
      return report
    }
    return this.#runner.start({ clock: host.clock, logger: host.logger, now: () => host.now(), execute: told, abort: (job) => host.abort(job) })
  }

  cancel(jobId: string): Promise<void> {
    return this.#runner.cancel(jobId)
  }

  idle(): Promise<void> {
    return this.#runner.idle()
  }

  close(options: { readonly drain: boolean }): Promise<void> {
    return this.#runner.close(options)
  }
}
