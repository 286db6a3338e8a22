import { fileURLToPath } from 'node:url'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'

import { TriggerkitError } from '@triggerkit/contracts'
import type { Clock, Timer } from '@triggerkit/contracts'
import type { Piscina } from 'piscina'

import { toError, toErrorMessage } from './error-message.js'
import { Execution } from './execution.js'
import type { ExecutionThread, Performance } from './execution.js'
import { loadedTooLong, loadFailure, lossOf } from './losses.js'
import type { Settings } from './options.js'
import { Outbox } from './outbox.js'
import type { Assignment, FromThread, TaskFacts, ToThread } from './protocol.js'

/**
 * How long a thread without work stays ours, in milliseconds: as long as it is, it keeps the process alive; when it was given
 * back to the pool, the next task pays for taking it again.
 */
const LINGER_MS = 1_000

/** What a thread is made with. */
export interface ThreadEnvironment {
  readonly pool: Piscina
  readonly settings: Settings
  readonly clock: Clock
  /** Called once it has ended. @param crash - what ended it, if nobody here did and nothing was lost by it */
  readonly onEnd: (thread: Thread, crash: Error | null) => void
}

/**
 * One of the pool's threads, taken for as long as there is work. To the pool that is a single task, so that the pool
 * finds out how it ends, and terminates it on demand; executions go through one port of the thread's own, where making a port for
 * each would cost more than all the rest.
 */
export class Thread {
  /** Resolves with the tasks of the modules. @throws what kept them from being loaded */
  readonly loaded: Promise<readonly TaskFacts[]>
  readonly #environment: ThreadEnvironment
  readonly #port: MessagePort
  readonly #outbox: Outbox<ToThread>
  readonly #controller = new AbortController()
  readonly #executions = new Map<number, Execution>()
  /** The thread, as its executions see it. */
  readonly #seat: ExecutionThread
  #limits: ReadonlyMap<string, number | null> | null = null
  #count = 0
  /** What waits for the modules, for more work, or for the thread to be left; never for two of them. */
  #timer: Timer
  #isLingering = false
  #idleSince = 0
  #reason: Error | null = null
  #resolveLoaded!: (tasks: readonly TaskFacts[]) => void
  #rejectLoaded!: (error: Error) => void

  constructor(environment: ThreadEnvironment) {
    const { port1, port2 } = new MessageChannel()
    this.#environment = environment
    this.#port = port1
    this.#outbox = new Outbox(port1)
    this.#seat = {
      clock: environment.clock,
      grace: environment.settings.grace,
      post: (message, instead) => this.#outbox.post(message, instead),
      terminate: (reason) => this.terminate(reason),
    }
    this.loaded = new Promise((resolve, reject) => {
      this.#resolveLoaded = resolve
      this.#rejectLoaded = reject
    })
    // Whoever doesn't wait for it hears of it by its executions.
    this.loaded.catch(() => undefined)
    port1.on('message', (messages: readonly FromThread[]) => this.#receive(messages))
    const { clock, settings } = environment
    this.#timer = clock.setTimer(() => this.terminate(loadedTooLong(settings)), settings.loadLimit)
    this.#occupy(port2).then(
      () => this.#end(null),
      (error: unknown) => this.#end(error as Error),
    )
  }

  /** How many executions it has. */
  get load(): number {
    return this.#executions.size
  }

  /** Has a task run, as soon as the thread is ready. */
  perform(performance: Performance): Execution {
    this.#count += 1
    const id = this.#count
    const execution = new Execution(id, performance, this.#seat)
    this.#executions.set(id, execution)
    void execution.ended.then(() => this.#remove(id))
    if (this.#limits !== null) execution.begin(this.#limitOf(performance.call.run))
    return execution
  }

  /** Ends the thread, whatever it does. */
  terminate(reason: Error): void {
    this.#reason ??= reason
    this.#controller.abort(reason)
  }

  /** Says why the thread is about to end, for whatever it runs then. */
  doom(reason: Error): void {
    this.#reason ??= reason
  }

  /** Lasts as long as the thread is ours. */
  async #occupy(port: MessagePort): Promise<void> {
    const { pool, settings } = this.#environment
    const assignment: Assignment<MessagePort> = { port, modules: settings.modules }
    await pool.run(assignment, {
      // Not given to the pool as a whole: what it can't load it would try again for ever.
      filename: fileURLToPath(settings.worker),
      name: 'serve',
      transferList: [port],
      signal: this.#controller.signal,
    })
  }

  #receive(messages: readonly FromThread[]): void {
    for (const message of messages) {
      if (message.type === 'ready') this.#ready(message.tasks)
      else if (message.type === 'refused') this.terminate(toError(message.error))
      else if (this.#executions.has(message.execution)) this.#executions.get(message.execution)?.receive(message)
      else if (message.type === 'call') this.#refuse(message)
    }
  }

  #ready(tasks: readonly TaskFacts[]): void {
    this.#environment.clock.clearTimer(this.#timer)
    this.#limits = new Map(tasks.map(({ name, timeLimit }) => [name, timeLimit]))
    this.#resolveLoaded(tasks)
    for (const execution of this.#executions.values()) execution.begin(this.#limitOf(execution.run))
    if (this.load === 0) this.#linger()
  }

  #limitOf(run: string): number | null {
    return this.#limits?.get(run) ?? this.#environment.settings.timeLimit
  }

  /** A task that goes on after its end, or after it was given up. */
  #refuse({ question, method }: Extract<FromThread, { type: 'call' }>): void {
    const message = `manager.${method} was called by a task that has ended already, or no longer counts.`
    const error = new TriggerkitError('StaleExecutionError', message, { details: { method } })
    this.#outbox.post({ type: 'refusal', question, error: toErrorMessage(error) })
  }

  #remove(id: number): void {
    this.#executions.delete(id)
    if (this.load === 0 && this.#limits !== null) this.#linger()
  }

  #linger(): void {
    this.#idleSince = this.#environment.clock.monotonic()
    if (!this.#isLingering) this.#lingerFor(LINGER_MS)
  }

  /** One timer for many pauses: with one for each, short tasks would spend much of their time on it. */
  #lingerFor(delay: number): void {
    const { clock } = this.#environment
    this.#isLingering = true
    this.#timer = clock.setTimer(() => {
      this.#isLingering = false
      const rest = this.#idleSince + LINGER_MS - clock.monotonic()
      if (this.load > 0) return
      if (rest > 0) this.#lingerFor(rest)
      else this.#leave()
    }, delay, true)
  }

  /** Gives the thread back to the pool. One that does not let go, whatever it does there without a task, is terminated. */
  #leave(): void {
    const { clock, settings, onEnd } = this.#environment
    onEnd(this, null)
    this.#outbox.post({ type: 'leave' })
    this.#timer = clock.setTimer(() => this.terminate(new Error('The thread did not let go.')), settings.grace, true)
  }

  #end(error: Error | null): void {
    const { clock, settings, onEnd } = this.#environment
    clock.clearTimer(this.#timer)
    this.#readRest()
    this.#port.close()
    const reason = this.#reason ?? error ?? new Error('The thread was left.')
    const crashed = error !== null && this.#reason === null && this.#limits !== null && this.load === 0
    const failure = this.#limits === null ? loadFailure(settings, reason) : null
    if (failure !== null) this.#rejectLoaded(failure)
    for (const execution of this.#executions.values()) execution.lose(failure ?? lossOf(execution.instance, reason))
    onEnd(this, crashed ? reason : null)
  }

  /** What a thread said just before it ended may not have been read. */
  #readRest(): void {
    for (let rest = receiveMessageOnPort(this.#port); rest !== undefined; rest = receiveMessageOnPort(this.#port)) {
      this.#receive(rest.message as readonly FromThread[])
    }
  }
}
