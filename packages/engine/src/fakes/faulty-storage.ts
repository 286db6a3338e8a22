import { TriggerkitError } from '@triggerkit/contracts'
import type { Change, Storage } from '@triggerkit/contracts'

/**
 * What may become of a call: it never leaves the process, its answer is lost, nothing ever comes back (the call was
 * carried out or not), or the storage refuses it.
 */
export type Fault = 'unsent' | 'reply lost' | 'hangs' | 'hangs after' | 'refused'

type Method = 'load' | 'commit' | 'commitMany' | 'read' | 'list' | 'due' | 'postpone' | 'heartbeat' | 'owners' | 'sessions' | 'delete' | 'close'

/** A change as it reached the storage. */
export interface Presented {
  readonly uid: string
  readonly change: Change
  readonly outcome: string
}

const never = <TValue>(): Promise<TValue> => new Promise<TValue>(() => undefined)

/** A real storage behind an unreliable line. */
export class FaultyStorage implements Storage {
  /** How often each method was called. */
  readonly calls: Partial<Record<Method, number>> = {}
  /** Every change that reached the storage, in order. */
  readonly presented: Presented[] = []
  /** What befalls every call while it is set. */
  always: Fault | null = null
  readonly #inner: Storage
  readonly #next = new Map<Method, Fault[]>()
  readonly #gates = new Map<Method, Promise<void>>()

  readonly commitMany?: NonNullable<Storage['commitMany']>

  constructor(inner: Storage) {
    this.#inner = inner
    const { commitMany } = inner
    if (commitMany !== undefined) this.commitMany = (changes) => this.#call('commitMany', () => commitMany.call(inner, changes))
  }

  get key(): string {
    return this.#inner.key
  }

  get capabilities(): Storage['capabilities'] {
    return this.#inner.capabilities
  }

  /** The changes that were applied. */
  get committed(): readonly Presented[] {
    return this.presented.filter(({ outcome }) => outcome === 'committed')
  }

  /** Makes the next calls of a method fail, one fault per call. */
  fail(method: Method, ...faults: readonly Fault[]): void {
    this.#next.set(method, [...(this.#next.get(method) ?? []), ...faults])
  }

  /** Holds back calls of a method until the returned function is called. */
  hold(method: Method): () => void {
    let release = (): void => undefined
    this.#gates.set(method, new Promise((resolve) => (release = resolve)))
    return () => {
      this.#gates.delete(method)
      release()
    }
  }

  load(...args: Parameters<Storage['load']>): ReturnType<Storage['load']> {
    return this.#call('load', () => this.#inner.load(...args))
  }

  commit(uid: string, change: Change): ReturnType<Storage['commit']> {
    return this.#call('commit', async () => {
      const answer = await this.#inner.commit(uid, change)
      this.presented.push({ uid, change, outcome: answer.outcome })
      return answer
    })
  }

  read(...args: Parameters<Storage['read']>): ReturnType<Storage['read']> {
    return this.#call('read', () => this.#inner.read(...args))
  }

  list(...args: Parameters<Storage['list']>): ReturnType<Storage['list']> {
    return this.#call('list', () => this.#inner.list(...args))
  }

  due(...args: Parameters<Storage['due']>): ReturnType<Storage['due']> {
    return this.#call('due', () => this.#inner.due(...args))
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

  delete(...args: Parameters<Storage['delete']>): ReturnType<Storage['delete']> {
    return this.#call('delete', () => this.#inner.delete(...args))
  }

  watch(...[uid, listener]: Parameters<NonNullable<Storage['watch']>>): () => void {
    return this.#inner.watch?.(uid, listener) ?? (() => undefined)
  }

  close(): Promise<void> {
    return this.#call('close', () => this.#inner.close())
  }

  async #call<TAnswer>(method: Method, call: () => Promise<TAnswer>): Promise<TAnswer> {
    this.calls[method] = (this.calls[method] ?? 0) + 1
    const fault = this.#next.get(method)?.shift() ?? this.always
    await this.#gates.get(method)
    switch (fault) {
      case null:
        return call()
      case 'unsent':
        throw new TriggerkitError('StorageUnavailable', 'The line is dead.')
      case 'refused':
        throw new TriggerkitError('StorageRefused', 'There is no room.')
      case 'reply lost':
        await call()
        throw new Error('The connection was closed.')
      case 'hangs':
        return never()
      case 'hangs after':
        await call()
        return never()
    }
  }
}
