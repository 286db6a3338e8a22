import { readFileSync } from 'node:fs'
import type { ManagerClass } from '@triggerkit/engine'
import { createRegistries } from '@triggerkit/registry'
import { memoryStorageDescriptor } from '@triggerkit/storage-memory'
import { describe, expect, it, vi } from 'vitest'
import { createTriggers, defineTask, TriggerManager } from './index.js'

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

describe('the first example of the README', () => {
  it('runs as it stands there', async () => {
    const log = vi.spyOn(console, 'log').mockReturnValue()

    // begin first
    const welcome = defineTask('app.welcome', ({ triggerKwargs }) => ({ sentTo: triggerKwargs.signedUp?.email ?? null }))
    const configuration = { t_welcome: { after: ['signedUp', 'emailVerified'], run: 'app.welcome' } }
    const triggers = createTriggers({ tasks: [welcome], configuration })
    await triggers.start() // this process executes, too
    await triggers.manager('user:42').fire('emailVerified')
    await triggers.manager('user:42').fire('signedUp', { email: 'a@b.c' })
    await triggers.settled('user:42')
    console.log((await triggers.session('user:42').instance('t_welcome#0')).result)
    // end first

    expect(log.mock.calls).toEqual([[{ sentTo: 'a@b.c' }]])
    expect(shown('first')).toBe(example(0))
    log.mockRestore()
    await triggers.close()
  })
})

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
