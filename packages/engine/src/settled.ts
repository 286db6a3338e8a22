import { TriggerkitError } from '@triggerkit/contracts'
import type { Version } from '@triggerkit/contracts'
import type { Instance } from '@triggerkit/core'
import type { Engine } from './engine.js'
import { shortList } from './unknown-names.js'

/** How often a session is looked at again that other processes may change unseen, in milliseconds. */
const LOOK_AGAIN = 250

/** @throws `SettleTimeout` */
export async function settled(engine: Engine, uid: string, timeout: number): Promise<void> {
  const { clock, storage } = engine.settings
  const deadline = clock.monotonic() + timeout
  const loop = engine.loop(uid)
  let wake = (): void => undefined
  let news = undefined as Version | null | undefined
  const hear = (version: Version | null | undefined): void => {
    news = version
    wake()
  }
  let looked = false
  // After the first look, what this process commits needs none: the commit proves that what is seen here is current.
  const look = async (): Promise<void> => {
    const known = looked && news !== undefined && loop.knows(news)
    looked = true
    news = undefined
    if (!known) await loop.refresh()
  }
  const stopListening = loop.listen(() => hear(loop.seen?.version))
  const unwatch = storage.watch?.(uid, hear)
  try {
    for (;;) {
      const heard = new Promise<void>((resolve) => (wake = resolve))
      if (!loop.running) await look()
      if (!loop.running && loop.seen?.state.inFlight().length === 0) return
      const left = deadline - clock.monotonic()
      if (left <= 0) throw notSettled(uid, timeout, loop.seen?.state.inFlight() ?? [])
      await engine.pauses.wait(Math.min(left, LOOK_AGAIN), loop.running ? loop.rest : heard)
    }
  } finally {
    stopListening()
    unwatch?.()
  }
}

function notSettled(uid: string, timeout: number, inFlight: readonly Instance[]): TriggerkitError {
  const underWay = inFlight.map(({ name, status }) => `${name} (${status})`)
  const message = `Session ${JSON.stringify(uid)} did not settle within ${timeout} ms. Still under way: ${shortList(underWay) || 'commands'}. Was triggers.start() called in some process?`
  return new TriggerkitError('SettleTimeout', message, { details: { uid, underWay } })
}
