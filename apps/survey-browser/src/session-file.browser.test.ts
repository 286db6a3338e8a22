import { TriggerkitError, type JsonObject, type Storage } from '@triggerkit/contracts'
import { createTriggers, exportSession, importSession } from '@triggerkit/engine'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'

import { loadSession, putBack, type Shelves } from './session-file.js'
import { UID } from './survey.js'

/** An application with a session in which something was received. */
async function received(text: string, storage: Storage = memoryStorage()): Promise<Shelves> {
  const triggers = createTriggers({ storage, runners: { inline: inlineRunner() } })
  await triggers.manager(UID).updateConfiguration({ t_import: { after: ['pageReceived'], run: 'app.import' } })
  await triggers.manager(UID).fire('pageReceived', { text })
  return { storage, triggers, aside: memoryStorage() }
}

async function fileOf({ storage }: Shelves): Promise<File> {
  return new File([JSON.stringify(await exportSession(storage, UID))], 'questionnaire.json')
}

async function textIn({ triggers }: Shelves): Promise<unknown> {
  const { pageReceived } = await triggers.session(UID).latestKwargs()
  return (pageReceived as JsonObject | undefined)?.['text']
}

async function isAside({ aside }: Shelves): Promise<boolean> {
  return (await aside.load(UID)).session !== null
}

describe('a session from a file', () => {
  it('takes the place of the one there is', async () => {
    const shelves = await received('mine')

    await loadSession(shelves, await fileOf(await received('another')))

    expect([await textIn(shelves), await isAside(shelves)]).toEqual(['another', false])
  })

  it('for which there is no room leaves the one there is', async () => {
    const shelves = await received('mine', memoryStorage({ maxBytes: 20_000 }))
    const large = await fileOf(await received('x'.repeat(50_000)))

    await expect(loadSession(shelves, large)).rejects.toMatchObject({ code: 'StorageRefused' })

    expect([await textIn(shelves), await isAside(shelves)]).toEqual(['mine', false])
  })

  it('gives nothing up where there is no room to put the one there is aside', async () => {
    const shelves = { ...(await received('mine')), aside: memoryStorage({ maxBytes: 10 }) }

    await expect(loadSession(shelves, await fileOf(await received('another')))).rejects.toMatchObject({ code: 'StorageRefused' })

    expect(await textIn(shelves)).toBe('mine')
  })

  it('is loaded where there is none, too', async () => {
    const shelves = await received('mine')
    await shelves.triggers.delete(UID)

    await loadSession(shelves, await fileOf(await received('another')))

    expect(await textIn(shelves)).toBe('another')
  })
})

describe('a session that was put aside', () => {
  it('is put back where the page crashed before the other one took its place', async () => {
    const crashed = await received('mine')
    await importSession(crashed.aside, await exportSession(crashed.storage, UID))
    await crashed.triggers.delete(UID)

    await putBack(crashed)

    expect([await textIn(crashed), await isAside(crashed)]).toEqual(['mine', false])
  })

  it('is forgotten where the page crashed after that', async () => {
    const crashed = await received('another')
    const before = await received('mine')
    await importSession(crashed.aside, await exportSession(before.storage, UID))

    await putBack(crashed)

    expect([await textIn(crashed), await isAside(crashed)]).toEqual(['another', false])
  })

  it('stays there as long as the storage does not let it back', async () => {
    const crashed = await received('mine')
    await importSession(crashed.aside, await exportSession(crashed.storage, UID))
    await crashed.triggers.delete(UID)
    crashed.storage.commit = () => Promise.reject(new TriggerkitError('StorageRefused', 'There is no room.'))

    await expect(putBack(crashed)).rejects.toMatchObject({ code: 'StorageRefused' })

    expect(await isAside(crashed)).toBe(true)
  })
})
