import { TriggerkitError } from '@triggerkit/contracts'
import type { Storage } from '@triggerkit/contracts'
import { createTriggers, TriggerManager } from '@triggerkit/engine'
import type { InstanceView, ManagerClass, TaskBody, Triggers } from '@triggerkit/engine'
import { memoryStorage } from '@triggerkit/storage-memory'
import { InProcessRunner } from './in-process-runner.js'
import { managerForTests } from './manager-for-tests.js'
import { Patience } from './patience.js'
import { TestConfigurations } from './test-configurations.js'
import type { Runnable } from './test-configurations.js'
import { clockOf, maxRunsOf, runnerKeys, UNHURRIED } from './testbed-options.js'
import type { DrainOptions, NewManagerOptions, RunTaskOptions, TestbedOptions } from './testbed-options.js'
import type { VirtualClock } from './virtual-clock.js'

/** The name of the task in a session of `runTask`. */
const ALONE = 't_task'
const PATIENCE = '4s'

interface TestbedParts {
  readonly triggers: Triggers
  readonly storage: Storage
  readonly clock: VirtualClock | null
  readonly runner: InProcessRunner
  readonly configurations: TestConfigurations
  readonly options: TestbedOptions
  /** Takes the testbed off its clock. */
  readonly leave: () => void
}

/** An application for one test: a fresh session, tasks that run in this process, and time that the test controls. */
export class Testbed {
  /** The application itself, already started. */
  readonly triggers: Triggers
  /** The manager of the test's own session. */
  readonly manager: TriggerManager
  readonly storage: Storage
  readonly #parts: TestbedParts
  /** The sessions that the test was given managers of. */
  readonly #uids = new Set<string>()
  #closing: Promise<void> | null = null

  /** Made by {@link createTestbed}. */
  constructor(parts: TestbedParts) {
    const { uid } = parts.options
    this.#parts = parts
    this.triggers = parts.triggers
    this.storage = parts.storage
    this.manager = this.newManager(uid === undefined ? {} : { uid })
  }

  /** The uid of the test's own session. */
  get uid(): string {
    return this.manager.uid
  }

  /** The virtual clock. @throws `InvalidArgument` if the storage keeps its own time */
  get clock(): VirtualClock {
    if (this.#parts.clock !== null) return this.#parts.clock
    throw new TriggerkitError('InvalidArgument', 'This testbed has no virtual clock, because its storage keeps its own time. Give the storage as a function of `now`, or none.')
  }

  /** The manager of another session. @throws `InvalidName`, `UnknownKey` */
  newManager({ uid = freshUid(), manager }: NewManagerOptions = {}): TriggerManager {
    const made = this.triggers.manager(uid, manager === undefined ? {} : { manager })
    this.#uids.add(uid)
    return made
  }

  /** A task function for this test only: registers the body, and returns the name to use as `run`. */
  task(body: TaskBody): string {
    return this.#parts.configurations.nameOf(body)
  }

  /**
   * Runs one task alone, in a session of its own, and returns its last instance: the one after all
   * retries, whose cooldowns pass in virtual time.
   * @throws `SettleTimeout`, and whatever the manager's commands reject with
   */
  async runTask(task: Runnable, { kwargs = {}, withParams = {}, extras = {}, manager: key }: RunTaskOptions = {}): Promise<InstanceView> {
    const run = this.#parts.configurations.nameOf(task)
    const fires = Object.keys(kwargs).length === 0 ? { started: {} } : kwargs
    const manager = this.newManager({ manager: aloneKey(key ?? this.#parts.options.manager) })
    const patience = this.#patience(PATIENCE)
    await patience.until(manager.updateConfiguration([[ALONE, { ...extras, after: Object.keys(fires), withParams, run }]]))
    for (const [trigger, payload] of Object.entries(fires)) await patience.until(manager.fire(trigger, payload))
    await this.drain()
    return (await patience.until(manager.instancesOfTask(ALONE))).at(-1) as InstanceView
  }

  /**
   * Resolves once nothing is scheduled or running, including cascades and delayed retries: virtual time jumps from one wake-up
   * to the next. While a task's body runs, no virtual time passes: one that waits for it needs `clock.advance`.
   * @throws `SettleTimeout`, whose message names what runs endlessly or is still under way
   */
  async drain({ timeout = PATIENCE }: DrainOptions = {}): Promise<void> {
    const patience = this.#patience(timeout)
    for (;;) {
      await patience.until(this.triggers.idle())
      const before = patience.progress
      const underWay = await patience.until(this.#underWay())
      if (underWay.length === 0) return this.#parts.runner.renew()
      // What has run meanwhile is out of date already: time must not pass because of it.
      if (patience.progress === before) await patience.pass(underWay)
    }
  }

  /** Forgets the sessions that the test made: in a storage with its own time those of the testbed's managers, otherwise all. */
  async clear(): Promise<void> {
    const patience = this.#patience(PATIENCE)
    for (const uid of await patience.until(this.#sessions())) await patience.until(this.triggers.delete(uid))
  }

  /** Ends the application, even if tasks run, after clearing a storage with its own time. A second call waits for the same end. */
  async close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    try {
      if (this.#parts.clock === null) await this.clear()
    } finally {
      await this.#patience(PATIENCE).until(this.triggers.close({ drain: false }))
      this.#parts.leave()
    }
  }

  #patience(timeout: NonNullable<DrainOptions['timeout']>): Patience {
    return new Patience(this.#parts.clock, this.#parts.runner, timeout)
  }

  /** The instances that somebody will execute or executes. */
  async #underWay(): Promise<readonly string[]> {
    const names: string[] = []
    for (const uid of await this.#sessions()) {
      const instances = await this.triggers.session(uid).unresolvedInstances()
      names.push(...instances.filter(({ status, byHand }) => !byHand && (status === 'scheduled' || status === 'running')).map(({ name }) => name))
    }
    return names
  }

  /** The sessions that are the test's: a storage in virtual time is its own as a whole. */
  async #sessions(): Promise<readonly string[]> {
    return this.#parts.clock === null ? [...this.#uids] : (await this.triggers.sessions({ limit: Infinity })).uids
  }
}

/**
 * A started application for one test: by default with a memory storage on a virtual clock, and everything runs in
 * this process, whatever runners the options and configurations name.
 * @throws as `createTriggers` and `start` do
 * @example `await using bed = await createTestbed({ tasks: [importSubject] })`
 */
export async function createTestbed(options: TestbedOptions = {}): Promise<Testbed> {
  const clock = clockOf(options)
  const runner = new InProcessRunner(maxRunsOf(options))
  const configurations = new TestConfigurations(runnerKeys(options), options.tasks ?? [])
  const storage = typeof options.storage === 'object' ? options.storage : (options.storage ?? defaultStorage)((clock as VirtualClock).now)
  const triggers = compose({ options, storage, clock, runner, configurations })
  configurations.join((task) => triggers.register(task))
  const leave = clock?.heed(runner) ?? ((): void => undefined)
  const bed = new Testbed({ triggers, storage, clock, runner, configurations, options, leave })
  await new Patience(clock, runner, PATIENCE).until(triggers.start())
  return bed
}

function compose({ options, storage, clock, runner, configurations }: Omit<TestbedParts, 'triggers' | 'leave'>): Triggers {
  const { clock: _clock, uid, maxRuns, ...others } = options
  const managers = managersForTests(options, configurations)
  const configuration = configurations.prepare(options.configuration)
  // A workflow gives no functions: it stays as it is, and only its runners are noted.
  configurations.prepare(options.workflow?.tasks)
  const runners = Object.fromEntries([...configurations.runners].map((key) => [key, runner]))
  const unhurried = clock === null ? {} : { ...UNHURRIED, clock }
  return createTriggers({ ...unhurried, ...others, configuration, managers, tasks: [...configurations.tasks], storage, runners })
}

/** Each manager class twice: as the test uses it, and without a configuration of its own for what runs alone. */
function managersForTests({ managers = {} }: TestbedOptions, { prepare }: TestConfigurations): Record<string, ManagerClass> {
  const classes = Object.entries({ default: TriggerManager, ...managers })
  return Object.fromEntries([
    ...classes.map(([key, managerClass]) => [key, managerForTests(managerClass, prepare)] as const),
    ...classes.map(([key, managerClass]) => [aloneKey(key), managerForTests(managerClass, prepare, {})] as const),
  ])
}

function aloneKey(manager = 'default'): string {
  return `alone:${manager}`
}

function defaultStorage(now: () => number): Storage {
  return memoryStorage({ now })
}

function freshUid(): string {
  return `test:${Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
