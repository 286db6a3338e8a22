import { TriggerkitError } from '@triggerkit/contracts'
import type { Engine } from './engine.js'

/** How often a session is looked at again that other processes may change unseen, in milliseconds. */
const LOOK_AGAIN = 250

/** @throws `SettleTimeout` */
export async function settled(engine: Engine, uid: string, timeout: number): Promise<void> {
  const { clock, storage } = engine.settings
  const deadline = clock.monotonic() + timeout
  const loop = engine.loop(uid)
  let wake = (): void => undefined
  const stopListening = loop.listen(() => wake())
  const unwatch = storage.watch?.(uid, () => wake())
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve
      })
      await loop.refresh()
      const underWay = loop.seen?.state.inFlight() ?? []
      if (underWay.length === 0 && !loop.running) return
      const left = deadline - clock.monotonic()
      if (left <= 0) throw notSettled(uid, timeout, underWay.map(({ name, status }) => `${name} (${status})`))
      await engine.pauses.wait(Math.min(left, LOOK_AGAIN), changed)
    }
  } finally {
    stopListening()
    unwatch?.()
  }
}

function notSettled(uid: string, timeout: number, underWay: readonly string[]): TriggerkitError {
  const message = `Session ${JSON.stringify(uid)} did not settle within ${timeout} ms. Still under way: ${underWay.join(', ') || 'commands'}. Was triggers.start() called in some process?`
  return new TriggerkitError('SettleTimeout', message, { details: { uid, underWay } })
}
