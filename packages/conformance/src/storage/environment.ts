import { TriggerkitError } from '@triggerkit/contracts'
import type { Storage, StorageCapabilities, StorageDescriptor } from '@triggerkit/contracts'
import { createRegistries } from '@triggerkit/registry'
import { firstDifference } from '../first-difference.js'

/** Separate data for one case, empty at first: a database, a folder, a prefix. */
export interface StoragePlace {
  /** A new storage object over the place's data each time, as another process would open it. The suite closes it. */
  readonly open: () => Storage | Promise<Storage>
  /** Lets `milliseconds` of the storage's time pass. Give it if the test controls that time; otherwise real time passes. */
  readonly wait?: (milliseconds: number) => Promise<void>
  /**
   * Ends all opened storages as a crash would, and the place's server with them if there is one. Without it a case that
   * needs a crash drops them unclosed.
   */
  readonly crash?: () => Promise<void>
  /** Removes the place, once all its storages are closed. */
  readonly destroy?: () => Promise<void>
}

/** What the storage suite needs to know about a storage. */
export interface StorageEnvironment {
  readonly descriptor: StorageDescriptor
  /** Creates an empty place; each case gets its own. */
  readonly place: () => StoragePlace | Promise<StoragePlace>
  /** Repeats the random sequences that a failure named. Default: new ones each time. */
  readonly seed?: number
  /** How many random sequences are tried. Default: 50. */
  readonly sequences?: number
  /** What random sequences are compared with, given the storage's time. Default: a naive model of the port. */
  readonly oracle?: (now: () => number) => Storage
}

/**
 * Refuses what no storage suite can be made for.
 * @throws `InvalidArgument` for another kind of adapter, and for one that is silent on a capability
 * @throws `UnsupportedAdapter` for an adapter made for another version of the ports
 */
export function checkDescriptor(descriptor: StorageDescriptor): void {
  createRegistries([[descriptor]])
  const { kind, key, capabilities } = descriptor as { kind: string; key: string; capabilities?: Partial<StorageCapabilities> }
  if (kind !== 'storage') throw invalid(`The descriptor of ${JSON.stringify(key)} is one of a ${kind}; give the storage suite a storage's.`, { kind, key })
  const missing = missingFrom(capabilities)
  if (missing !== undefined) throw invalid(`The descriptor of ${JSON.stringify(key)} is invalid: its capabilities must state ${missing}.`, { key })
}

/** Without a word on a capability neither it would be tested nor its absence. */
function missingFrom(capabilities: Partial<StorageCapabilities> = {}): string | undefined {
  const vague = (['durable', 'commitMany', 'watch'] as const).find((name) => typeof capabilities[name] !== 'boolean')
  if (vague !== undefined) return `true or false for ${vague}`
  return ['process', 'origin', 'network'].includes(String(capabilities.shared)) ? undefined : "'process', 'origin' or 'network' of shared"
}

/**
 * Holds an opened storage to its descriptor.
 * @throws `InvalidArgument` for one that was opened before, and for one that its descriptor does not describe
 */
export function checkStorage(storage: Storage, descriptor: StorageDescriptor, opened: Pick<WeakSet<Storage>, 'has'>): void {
  const key = JSON.stringify(descriptor.key)
  if (Object(storage) !== storage) throw invalid(`place().open() of ${key} gave no storage; return one.`, { key: descriptor.key })
  if (opened.has(storage)) {
    throw invalid(`place().open() of ${key} gave the same storage twice; make a new one over the same data each time.`, { key: descriptor.key })
  }
  const difference = firstDifference(described(descriptor), described(storage))
  if (difference === undefined) return
  const { path, expected, actual } = difference
  throw invalid(`The descriptor of ${key} says ${path}: ${JSON.stringify(expected)}, its storage ${path}: ${JSON.stringify(actual)}; make them agree.`, {
    key: descriptor.key,
    path,
    expected,
    actual,
  })
}

function described({ key, capabilities }: { key: string; capabilities: StorageCapabilities }) {
  return { key, capabilities: { ...capabilities } }
}

function invalid(message: string, details: Readonly<Record<string, unknown>>): TriggerkitError {
  return new TriggerkitError('InvalidArgument', message, { details })
}
