import { readFileSync } from 'node:fs'
import type { ManagerClass } from '@triggerkit/engine'
import { createRegistries } from '@triggerkit/registry'
import { memoryStorageDescriptor } from '@triggerkit/storage-memory'
import { describe, expect, it } from 'vitest'
import { createTriggers, TriggerManager } from './index.js'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

/** The README's example of that number, without its imports. */
function example(number: number): string {
  const block = read('../README.md').split('```ts\n')[number + 1]?.split('```')[0] ?? ''
  return squeeze(block.replace(/^import .*$/gm, ''))
}

/** What stands between the marks in this file. */
function shown(name: string): string {
  return squeeze(read('./readme.test.ts').split(`// begin ${name}\n`)[1]?.split(`// end ${name}\n`)[0] ?? '')
}

const squeeze = (text: string): string => text.split('\n').map((line) => line.trim()).filter((line) => line !== '').join('\n')

describe('the example of settings', () => {
  it('makes the manager and the storage that they name', async () => {
    // begin settings
    class SurveyManager extends TriggerManager {}

    const { storages, managers } = createRegistries([[memoryStorageDescriptor]])
    managers.register('default', TriggerManager).register('survey', SurveyManager)

    const settings = { storage: 'memory', manager: 'survey' }
    const triggers = createTriggers({
      storage: storages.get(settings.storage, { namespace: 'surveys' }),
      managers: { [settings.manager]: managers.entry(settings.manager) as ManagerClass },
      manager: settings.manager,
    })
    const getManager = (uid: string): TriggerManager => triggers.manager(uid)
    // end settings

    const manager = getManager('survey:1')
    await manager.fire('pageReceived')

    expect(manager).toBeInstanceOf(SurveyManager)
    expect(managers.keyOf(manager)).toBe('survey')
    expect((await triggers.session('survey:1').metadata()).manager).toBe('survey')
    expect(shown('settings')).toBe(example(1))
  })

  it('refuses an unknown key with those that are known', () => {
    const { storages, managers } = createRegistries([[memoryStorageDescriptor]])
    managers.register('default', TriggerManager)

    expect(() => storages.get('redis')).toThrow(expect.objectContaining({ code: 'UnknownKey', message: expect.stringContaining('"memory"') }))
    expect(() => managers.entry('survey')).toThrow(expect.objectContaining({ code: 'UnknownKey', message: expect.stringContaining('"default"') }))
    expect(() => createTriggers({ manager: 'survey' })).toThrow(expect.objectContaining({ code: 'UnknownKey', message: expect.stringContaining('default') }))
  })
})
