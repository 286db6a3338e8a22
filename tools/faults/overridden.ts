import type { Storage } from '@triggerkit/contracts'

/** The storage with other ways to commit. */
export function overridden(storage: Storage, own: Pick<Storage, 'commit' | 'commitMany'>): Storage {
  return new Proxy(storage, {
    get: (target, name) => {
      if (name === 'commit' || name === 'commitMany') return own[name]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
