import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { createTriggers } from './index.js'
import type { Triggers } from './index.js'

/** Triggers over a storage that tells how often the session `kept` was loaded. */
function newTriggers(): { readonly triggers: Triggers; readonly loads: () => number } {
  const storage = memoryStorage()
  const load = storage.load.bind(storage)
  let loads = 0
  storage.load = async (uid) => {
    loads += Number(uid === 'kept')
    return load(uid)
  }
  return { triggers: createTriggers({ storage, runners: { inline: inlineRunner() } }), loads: () => loads }
}

async function use(triggers: Triggers, sessions: number): Promise<void> {
  for (let number = 0; number < sessions; number += 1) await triggers.manager(`other-${number}`).fire('page')
}

describe('a session that is fired at again', () => {
  it('is not loaded again after a thousand others', async () => {
    const { triggers, loads } = newTriggers()
    await triggers.manager('kept').fire('page')

    await use(triggers, 999)
    await triggers.manager('kept').fire('page')

    expect(loads()).toBe(1)
    await triggers.close()
  })

  it('was forgotten after many more, and loses nothing by that', async () => {
    const { triggers, loads } = newTriggers()
    await triggers.manager('kept').fire('page')

    await use(triggers, 2_001)
    await triggers.manager('kept').fire('page')

    expect(loads()).toBe(2)
    expect((await triggers.session('kept').metadata()).version).toBe(2)
    await triggers.close()
  })

  it('still tells whoever watches it, however many came between', async () => {
    const { triggers } = newTriggers()
    const session = triggers.session('kept')
    const versions = new Set<number>()
    const unsubscribe = session.subscribe(() => versions.add(session.getSnapshot().version))
    await triggers.manager('kept').fire('page')

    await use(triggers, 4_002)
    await triggers.manager('kept').fire('late')

    expect(versions).toContain(2)
    unsubscribe()
    await triggers.close()
  })
})
