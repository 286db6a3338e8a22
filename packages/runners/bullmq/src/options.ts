import { positiveMilliseconds, TriggerkitError } from '@triggerkit/contracts'
import type { Duration, Job, JsonObject } from '@triggerkit/contracts'
import type { DefaultJobOptions, QueueOptions, RateLimiterOptions, Telemetry, WorkerOptions } from 'bullmq'
import type { Cluster, Redis, RedisOptions } from 'ioredis'

/** Where Redis is: an address, ioredis's options, or a client, which the runner duplicates and leaves open. */
export type BullmqConnection = string | Omit<RedisOptions, 'replyMapping'> | Redis | Cluster

/** Names the queue of a job; `undefined` leaves it to the other options. */
export type BullmqRoute = (job: Job, extras: JsonObject) => string | undefined

/** BullMQ's job options, except those on which the runner's promises depend. */
export type BullmqJobOptions = Omit<DefaultJobOptions, 'attempts' | 'backoff' | 'delay' | 'timestamp'>

/** BullMQ's queue options, except those that the runner sets itself. */
export type BullmqQueueOptions = Omit<QueueOptions, 'connection' | 'prefix' | 'telemetry' | 'defaultJobOptions'>

/** BullMQ's worker options, except those that the runner sets itself. */
export type BullmqWorkerOptions = Omit<WorkerOptions, 'connection' | 'prefix' | 'telemetry' | 'concurrency' | 'limiter' | 'autorun'>

export interface BullmqRunnerOptions {
  /** Where Redis is: an address, ioredis's options, or a client, which is duplicated. */
  readonly connection: BullmqConnection
  /** The queue of all jobs that are not routed elsewhere. Default: `triggerkit`. */
  readonly queue?: string
  /** Further queues, each with the names of the tasks whose jobs go there. */
  readonly queues?: Readonly<Record<string, readonly string[]>>
  /** The custom directive that names a task's queue, or a function that does; takes precedence over `queues`. */
  readonly route?: string | BullmqRoute
  /** Whether this process only hands jobs over, although its application is started. Default: no. */
  readonly producerOnly?: boolean
  /** The queues whose jobs this process executes, once it is started. Default: all. */
  readonly consume?: readonly string[]
  /** How many jobs of each queue run at once in this process. Default: 16. */
  readonly concurrency?: number
  /** How many jobs of each queue may begin in how many milliseconds, across all processes. Default: no limit. */
  readonly limiter?: RateLimiterOptions
  /** BullMQ's job options, such as `priority`, or a function that returns them. */
  readonly jobOptions?: BullmqJobOptions | ((job: Job, extras: JsonObject) => BullmqJobOptions)
  readonly queueOptions?: BullmqQueueOptions
  readonly workerOptions?: BullmqWorkerOptions
  /** The prefix of BullMQ's keys. Default: `bull`; on a Cluster `{bull}`. */
  readonly prefix?: string
  /** BullMQ's telemetry, such as that of `bullmq-otel`. */
  readonly telemetry?: Telemetry
  /** How long a call may wait for Redis. Default: 5 s. */
  readonly timeout?: Duration
  /** After how long without progress a worker that could take waiting jobs is replaced; `null`: never. Default: 30 s. */
  readonly watchdog?: Duration | null
  /** Whether to start on a Redis that may evict jobs when its memory is full. Default: no. */
  readonly allowEviction?: boolean
  /** The runner's name in `using`. Default: `bullmq`. */
  readonly key?: string
}

/** Options with every default filled in and every duration in milliseconds. */
export interface Settings {
  readonly connection: BullmqConnection
  readonly queue: string
  /** All queues, the default one first. */
  readonly queues: readonly string[]
  readonly queueByTask: ReadonlyMap<string, string>
  readonly route: string | BullmqRoute | null
  readonly consume: readonly string[]
  readonly concurrency: number
  readonly limiter: RateLimiterOptions | null
  readonly jobOptions: (job: Job, extras: JsonObject) => BullmqJobOptions
  readonly queueOptions: BullmqQueueOptions
  readonly workerOptions: BullmqWorkerOptions
  readonly prefix: string
  readonly telemetry: Telemetry | null
  readonly timeout: number
  readonly watchdog: number | null
  readonly allowEviction: boolean
  readonly key: string
}

/** Jobs that have ended are remembered for longer than the engine's sweep waits between two hand-overs, a minute at most. */
const RETENTION: BullmqJobOptions = {
  removeOnComplete: { age: 3_600, count: 10_000 },
  removeOnFail: { age: 7 * 86_400, count: 10_000 },
}

/** Node's timers take no more milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1

/** @throws `InvalidArgument` for an invalid option, which it names */
export function toSettings(options: BullmqRunnerOptions): Settings {
  const { connection, queue = 'triggerkit', route = null, concurrency = 16, key = 'bullmq', timeout = '5s', watchdog = '30s' } = options
  const { queues: byQueue = {}, telemetry = null, limiter = null, queueOptions = {}, workerOptions = {}, allowEviction = false } = options
  assertConnection(connection)
  assertText('key', key)
  assertWhole('concurrency', concurrency)
  const queues = [...new Set([queue, ...Object.keys(byQueue)])]
  for (const name of queues) assertQueueName(name)
  const queueByTask = tasksToQueues(byQueue)
  const consume = options.producerOnly === true ? [] : (options.consume ?? queues)
  for (const name of consume) if (!queues.includes(name)) throw invalid('consume', name, `give some of ${queues.join(', ')}`)
  const limits = { timeout: limitOf(timeout, 'timeout'), watchdog: watchdog === null ? null : limitOf(watchdog, 'watchdog') }
  const passed = { queueOptions, workerOptions, jobOptions: jobOptionsOf(options.jobOptions), telemetry, limiter, allowEviction }
  return { connection, queue, queues, queueByTask, route, consume, concurrency, key, prefix: prefixOf(options), ...limits, ...passed }
}

function limitOf(duration: Duration, name: string): number {
  return Math.min(positiveMilliseconds(duration, name), LONGEST_TIMER)
}

function jobOptionsOf(given: BullmqRunnerOptions['jobOptions']): Settings['jobOptions'] {
  return (job, extras) => ({ ...RETENTION, ...(typeof given === 'function' ? given(job, extras) : given) })
}

function tasksToQueues(byQueue: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, string> {
  const queueByTask = new Map<string, string>()
  for (const [queue, tasks] of Object.entries(byQueue)) {
    for (const task of tasks) {
      if (queueByTask.has(task)) throw invalid('queues', task, 'name each task in one queue only')
      queueByTask.set(task, queue)
    }
  }
  return queueByTask
}

/** On a Cluster all keys of a queue must lie in one slot, else Redis refuses BullMQ's scripts with CROSSSLOT. */
function prefixOf({ connection, prefix }: BullmqRunnerOptions): string {
  const onCluster = isClient(connection) && connection.isCluster
  const chosen = prefix ?? (onCluster ? '{bull}' : 'bull')
  assertText('prefix', chosen)
  if (onCluster && !/^[^{]*\{[^}]+\}/.test(chosen)) throw invalid('prefix', chosen, `on a Cluster it needs a hash tag, such as {${chosen}}`)
  return chosen
}

/** Whether it is a client of ioredis rather than its options. Told by what it can do: there may be two copies of ioredis. */
export function isClient(connection: BullmqConnection): connection is Redis | Cluster {
  return typeof connection === 'object' && typeof (connection as Partial<Redis>).duplicate === 'function'
}

function assertConnection(connection: BullmqConnection): void {
  // An address may hold a password: it isn't shown.
  if (typeof connection === 'string') {
    if (!/^rediss?:\/\//.test(connection) || !URL.canParse(connection)) throw invalid('connection', 'the address', 'give redis://… or rediss://…')
  } else if (typeof connection !== 'object' || connection === null) {
    throw invalid('connection', connection, "give an address, ioredis's options or a client")
  }
  const { keyPrefix, stringNumbers } = optionsOf(connection)
  if (keyPrefix !== undefined && keyPrefix !== '') throw invalid('connection', "a client's keyPrefix", "BullMQ can't work with it; give prefix")
  if (stringNumbers === true) throw invalid('connection', "a client's stringNumbers", "BullMQ can't work with it; leave it out")
}

/** What a client was or will be made with; an address may hold options, too. */
function optionsOf(connection: BullmqConnection): RedisOptions {
  if (typeof connection === 'string') return Object.fromEntries(new URL(connection).searchParams)
  if (!isClient(connection)) return connection
  const { options } = connection
  return 'redisOptions' in options ? { ...options.redisOptions, keyPrefix: options.keyPrefix } : (options as RedisOptions)
}

function assertQueueName(name: string): void {
  assertText('queue', name)
  if (name.includes(':')) throw invalid('queue', name, 'BullMQ allows no colon in it')
}

function assertText(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw invalid(name, value, 'give a non-empty string')
}

function assertWhole(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) throw invalid(name, value, 'give a whole number from 1 up')
}

function invalid(name: string, value: unknown, advice: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `bullmq runner, ${name}: ${String(value)} is invalid; ${advice}.`, { details: { name } })
}
