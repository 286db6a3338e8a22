import { createTriggers } from '@triggerkit/engine'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { expect, it, vi } from 'vitest'

import { watchSession } from './session-state.js'

it('a session is shown again after its view has failed, and so has the telling of that', async () => {
  const triggers = createTriggers({ storage: memoryStorage(), runners: { inline: inlineRunner() } })
  await triggers.manager('s').updateConfiguration({ t_import: { after: ['changed', 'received'], run: 'app.import' } })
  const uncaught = vi.spyOn(globalThis, 'reportError').mockReturnValue()
  const failure = new Error('A template failed.')
  const failing = vi.fn(() => {
    throw failure
  })
  const shown = vi.fn(failing)
  const stop = watchSession(triggers.session('s'), { changed: shown, failed: failing })
  await vi.waitFor(() => expect(uncaught).toHaveBeenCalledWith(failure))

  shown.mockReturnValue(undefined as never)
  await triggers.manager('s').fire('changed')
  await vi.waitFor(() => expect(shown.mock.lastCall).toEqual([expect.objectContaining({ fired: new Set(['changed']) })]))
  stop()
})
