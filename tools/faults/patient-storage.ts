import { setTimeout as elapse } from 'node:timers/promises'

import { isTriggerkitError } from '@triggerkit/contracts'
import type { Storage } from '@triggerkit/contracts'

const PATIENCE = 60_000
const PAUSE = 100

/** The storage for one who looks on: what it doesn't answer is asked again. All calls can be repeated, a commit too. */
export function patient(storage: Storage): Storage {
  return new Proxy(storage, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function' || name === 'close') return typeof value === 'function' ? (value.bind(target) as unknown) : value
      return (...args: unknown[]) => persistently(() => Reflect.apply(value, target, args) as Promise<unknown>)
    },
  })
}

async function persistently<TAnswer>(ask: () => Promise<TAnswer>): Promise<TAnswer> {
  for (const end = Date.now() + PATIENCE; ; ) {
    try {
      return await ask()
    } catch (error) {
      const known = isTriggerkitError(error, 'StorageUnavailable') || isTriggerkitError(error, 'OutcomeUnknown')
      if (!known || Date.now() > end) throw error
      await elapse(PAUSE)
    }
  }
}
