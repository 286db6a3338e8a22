import type { Runner, RunnerCapabilities } from './runner.js'
import type { Storage, StorageCapabilities } from './storage.js'

/** The version of the ports that this release implements. */
export const API_VERSION = 1

interface DescriptorBase {
  /** The key under which settings choose it. */
  readonly key: string
  readonly package: string
  readonly version: string
  readonly apiVersion: number
}

export interface StorageDescriptor<TArgs extends readonly unknown[] = readonly never[]> extends DescriptorBase {
  readonly kind: 'storage'
  readonly capabilities: StorageCapabilities
  readonly create: (...args: TArgs) => Storage
}

export interface RunnerDescriptor<TArgs extends readonly unknown[] = readonly never[]> extends DescriptorBase {
  readonly kind: 'runner'
  readonly capabilities: RunnerCapabilities
  readonly create: (...args: TArgs) => Runner
}

/** `create` is a manager class; contracts know nothing more of it. */
export interface ManagerDescriptor extends DescriptorBase {
  readonly kind: 'manager'
  readonly create: abstract new (...args: never[]) => object
}

/** An adapter package's description of itself, with which it can be registered. */
export type Descriptor = StorageDescriptor | RunnerDescriptor | ManagerDescriptor

/** A package's exported list of what it offers. */
export type Plugin = readonly Descriptor[]
