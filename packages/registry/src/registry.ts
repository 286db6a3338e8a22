import { TriggerkitError } from '@triggerkit/contracts'

import { unknownName } from './unknown-name.js'

/** A class or a factory function: what is registered under a key. */
export type RegistryEntry<TObject extends object> = (abstract new (...args: never[]) => TObject) | ((...args: never[]) => TObject)

/** Anything that has its own key, such as the descriptor that an adapter package exports. */
export interface Registrable<TObject extends object> {
  readonly key: string
  readonly create: RegistryEntry<TObject>
}

/**
 * Maps keys to classes or factories, so that settings can choose one at run time. It belongs to the code that makes it: there is
 * no global one. Any non-empty string is a key, even `__proto__`.
 * @example
 * const storages = new Registry<Storage>('storage')
 * storages.register('memory', memoryStorage)
 * storages.get(settings.storage, { namespace: 'survey' })
 */
export class Registry<TObject extends object> implements Iterable<readonly [key: string, entry: RegistryEntry<TObject>]> {
  readonly #what: string
  readonly #entries = new Map<string, RegistryEntry<TObject>>()
  readonly #keys = new Map<unknown, string>()
  readonly #made = new WeakMap<TObject, string>()

  /** @param what - the word for an entry in messages: `storage`, `runner` */
  constructor(what: string) {
    this.#what = what
  }

  /** How many keys there are. */
  get size(): number {
    return this.#entries.size
  }

  /**
   * Registers a class or factory under a key, or under its own key.
   * @throws `DuplicateKey` if the key is taken, even by the same entry
   * @throws `InvalidName` if the key is not a non-empty string, `InvalidArgument` if the entry is not a function
   */
  register(descriptor: Registrable<TObject>): this
  register(key: string, entry: RegistryEntry<TObject>): this
  register(...args: readonly [Registrable<TObject>] | readonly [key: string, entry: RegistryEntry<TObject>]): this {
    const [key, entry] = args.length === 1 ? [args[0].key, args[0].create] : args
    this.#check(key, entry)
    this.#entries.set(key, entry)
    if (!this.#keys.has(entry)) this.#keys.set(entry, key)
    return this
  }

  /**
   * A new object: the class under that key is instantiated with the arguments, or the factory called with them.
   * @throws `UnknownKey` naming the known keys, `InvalidArgument` if a factory returns no object
   */
  get(key: string, ...args: readonly unknown[]): TObject {
    const object = make(this.entry(key), args)
    if (Object(object) !== object) throw this.#invalid(key, 'the factory returned no object')
    this.#made.set(object, key)
    return object
  }

  /**
   * The class or factory itself.
   * @throws `UnknownKey` naming the known keys
   */
  entry(key: string): RegistryEntry<TObject> {
    const entry = this.#entries.get(key)
    if (entry === undefined) throw unknownName('UnknownKey', this.#what, key, this.keys())
    return entry
  }

  /** Whether something is registered under that key. */
  has(key: string): boolean {
    return this.#entries.has(key)
  }

  /** The keys, in the order of their registration. */
  keys(): readonly string[] {
    return [...this.#entries.keys()]
  }

  /**
   * The key of a class or factory, of an object that came from {@link Registry.get}, or of an instance of a registered class;
   * `undefined` if there is none. A subclass is not its parent: it has a key only if registered itself.
   */
  keyOf(objectOrEntry: TObject | RegistryEntry<TObject> | undefined): string | undefined {
    if (objectOrEntry === undefined) return undefined
    return this.#keys.get(objectOrEntry) ?? this.#made.get(objectOrEntry as TObject) ?? this.#keys.get(objectOrEntry.constructor)
  }

  /** Keys and entries, in the order of their registration. */
  [Symbol.iterator](): Iterator<readonly [key: string, entry: RegistryEntry<TObject>]> {
    return this.#entries.entries()
  }

  #check(key: unknown, entry: unknown): asserts key is string {
    if (typeof key !== 'string' || key === '') {
      throw new TriggerkitError('InvalidName', `The key of a ${this.#what} must be a non-empty string.`)
    }
    if (this.#entries.has(key)) {
      const message = `A ${this.#what} with the key ${JSON.stringify(key)} is already registered; give this one another key.`
      throw new TriggerkitError('DuplicateKey', message, { details: { what: this.#what, key } })
    }
    if (typeof entry !== 'function') throw this.#invalid(key, 'register a class or a factory function')
  }

  #invalid(key: string, fault: string): TriggerkitError {
    const what = this.#what
    return new TriggerkitError('InvalidArgument', `${what} ${JSON.stringify(key)}: ${fault}.`, { details: { what, key } })
  }
}

function make<TObject extends object>(entry: RegistryEntry<TObject>, args: readonly unknown[]): TObject {
  // Arrow functions and methods have no prototype. An old-style function has one whether meant as a class or as a factory, and
  // `new` does right by both: it gives back the object that a factory returns.
  return 'prototype' in entry && entry.prototype !== undefined
    ? (Reflect.construct(entry, args) as TObject)
    : (Reflect.apply(entry as (...args: readonly unknown[]) => TObject, undefined, args) as TObject)
}
