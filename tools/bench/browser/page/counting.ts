import type { Variant } from '../../measure.js'

/** What operations begin, of what is scarce in a browser. */
export interface Begun {
  readonly transactions: number
  readonly locks: number
}

/** How many transactions and Web Locks one operation begins, in this page. */
export async function begunBy({ prepare }: Variant, operations: number): Promise<Begun> {
  const run = await prepare(operations)
  const counts = { transactions: 0, locks: 0 }
  const restore = [
    spied(IDBDatabase.prototype, 'transaction', () => (counts.transactions += 1)),
    spied(LockManager.prototype, 'request', () => (counts.locks += 1)),
  ]
  for (let index = 0; index < operations; index += 1) await run(index)
  for (const undo of restore) undo()
  return { transactions: counts.transactions / operations, locks: counts.locks / operations }
}

function spied<TName extends string>(holder: Record<TName, unknown>, name: TName, spy: () => void): () => void {
  const method = holder[name] as (...args: readonly unknown[]) => unknown
  const told = function (this: unknown, ...args: readonly unknown[]): unknown {
    spy()
    return Reflect.apply(method, this, args)
  }
  Object.assign(holder, { [name]: told })
  return () => void Object.assign(holder, { [name]: method })
}
