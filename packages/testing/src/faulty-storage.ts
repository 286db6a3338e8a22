import { TriggerkitError } from '@triggerkit/contracts'
import type { Change, Storage, StorageCapabilities } from '@triggerkit/contracts'

/**
 * What may happen to a call: it never leaves the process, its answer is lost, or no answer ever comes, whether or not
 * the call was carried out.
 */
export type Fault = 'unsent' | 'answer lost' | 'no answer' | 'no answer, but carried out'

/** The calls that can go wrong. */
export type StorageMethod = Exclude<keyof Storage, 'key' | 'capabilities' | 'watch' | 'commitMany'>

/** A storage behind an unreliable connection, to test how a workflow copes with that. */
export class FaultyStorage implements Storage {
  readonly key: string
  readonly capabilities: StorageCapabilities
  readonly #inner: Storage
  readonly #faults = new Map<StorageMethod, Fault[]>()
  readonly #gates = new Map<StorageMethod, Promise<unknown>>()
  #isCut = false

  /** Made by {@link faultyStorage}. */
  constructor(inner: Storage) {
    this.key = inner.key
    this.capabilities = { ...inner.capabilities, commitMany: false }
    this.#inner = inner
  }

  /** Makes the next calls of a method fail, one fault per call. */
  fail(method: StorageMethod, ...faults: readonly Fault[]): void {
    this.#faults.set(method, [...(this.#faults.get(method) ?? []), ...faults])
  }

  /** Holds back calls of a method until the returned function is called; after several `hold` calls, until each of their functions was. */
  hold(method: StorageMethod): () => void {
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => (release = resolve))
    this.#gates.set(method, Promise.all([this.#gates.get(method), gate]))
    return release
  }

  /** From now on no call is answered: to other processes, this one has crashed. */
  cut(): void {
    this.#isCut = true
  }

  load(uid: string): ReturnType<Storage['load']> {
    return this.#call('load', () => this.#inner.load(uid))
  }

  commit(uid: string, change: Change): ReturnType<Storage['commit']> {
    return this.#call('commit', () => this.#inner.commit(uid, change))
  }

  read(...args: Parameters<Storage['read']>): ReturnType<Storage['read']> {
    return this.#call('read', () => this.#inner.read(...args))
  }

  list(...args: Parameters<Storage['list']>): ReturnType<Storage['list']> {
    return this.#call('list', () => this.#inner.list(...args))
  }

  due(limit: number): ReturnType<Storage['due']> {
    return this.#call('due', () => this.#inner.due(limit))
  }

  postpone(...args: Parameters<Storage['postpone']>): ReturnType<Storage['postpone']> {
    return this.#call('postpone', () => this.#inner.postpone(...args))
  }

  heartbeat(...args: Parameters<Storage['heartbeat']>): ReturnType<Storage['heartbeat']> {
    return this.#call('heartbeat', () => this.#inner.heartbeat(...args))
  }

  owners(): ReturnType<Storage['owners']> {
    return this.#call('owners', () => this.#inner.owners())
  }

  sessions(...args: Parameters<Storage['sessions']>): ReturnType<Storage['sessions']> {
    return this.#call('sessions', () => this.#inner.sessions(...args))
  }

  delete(uid: string): ReturnType<Storage['delete']> {
    return this.#call('delete', () => this.#inner.delete(uid))
  }

  watch(...[uid, listener]: Parameters<NonNullable<Storage['watch']>>): () => void {
    return this.#inner.watch?.(uid, listener) ?? ((): void => undefined)
  }

  close(): Promise<void> {
    return this.#call('close', () => this.#inner.close())
  }

  async #call<TAnswer>(method: StorageMethod, call: () => Promise<TAnswer>): Promise<TAnswer> {
    const fault = this.#faults.get(method)?.shift()
    await this.#gates.get(method)
    if (this.#isCut) return never()
    if (fault === 'unsent') throw new TriggerkitError('StorageUnavailable', `The call of ${method} was not sent, as the test asked.`)
    if (fault === 'no answer') return never()
    const answer = await call()
    if (this.#isCut) return never()
    if (fault === 'answer lost') throw new Error(`The answer to ${method} was lost, as the test asked.`)
    return fault === undefined ? answer : never()
  }
}

function never<TAnswer>(): Promise<TAnswer> {
  return new Promise(() => undefined)
}

/**
 * A storage behind an unreliable connection.
 * @example `createTestbed({ storage: (now) => (line = faultyStorage(memoryStorage({ now }))) })`, then `line.fail('commit', 'answer lost')`
 */
export function faultyStorage(storage: Storage): FaultyStorage {
  return new FaultyStorage(storage)
}
