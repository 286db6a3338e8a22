import { isTriggerkitError, type Descriptor, type ManagerDescriptor, type RunnerDescriptor, type StorageDescriptor } from '@triggerkit/contracts'
import { describe, expect, it } from 'vitest'

import { createRegistries } from './create-registries.js'

class Manager {}

const identity = { package: '@acme/adapters', version: '1.2.3', apiVersion: 1 }
const storage: StorageDescriptor = {
  ...identity,
  kind: 'storage',
  key: 'acme',
  capabilities: { durable: false, shared: 'process', commitMany: false, watch: false },
  create: () => ({ key: 'acme' }) as never,
}
const runner: RunnerDescriptor = {
  ...identity,
  kind: 'runner',
  key: 'acme',
  capabilities: { durable: false, delays: false, cancels: false },
  create: () => ({ key: 'acme' }) as never,
}
const manager: ManagerDescriptor = { ...identity, kind: 'manager', key: 'acme', create: Manager }

function refusal(...descriptors: readonly Descriptor[]): { code: string; message: string } {
  try {
    createRegistries([descriptors])
  } catch (error) {
    if (isTriggerkitError(error)) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('nothing was refused')
}

describe('createRegistries', () => {
  it('sorts what packages offer by kind; one key may name one of each', () => {
    const { storages, runners, managers } = createRegistries([[storage, runner], [manager]])

    expect(storages.get('acme').key).toBe('acme')
    expect(runners.entry('acme')).toBe(runner.create)
    expect(managers.entry('acme')).toBe(Manager)
  })

  it('begins empty without plugins, and every time anew', () => {
    createRegistries([[storage]])
    const { storages, runners, managers } = createRegistries()
    expect([storages.size, runners.size, managers.size]).toEqual([0, 0, 0])
  })

  it('takes two copies of one release for one', () => {
    const copy = { ...storage, create: () => ({ key: 'copy' }) as never }
    const { storages } = createRegistries([[storage], [copy]])
    expect(storages.entry('acme')).toBe(storage.create)
  })

  it('refuses a key that another package or release offers, naming both', () => {
    expect(refusal(storage, { ...storage, package: '@other/storage' })).toEqual({
      code: 'DuplicateKey',
      message: 'The storage "acme" is offered by @acme/adapters@1.2.3 and by @other/storage@1.2.3; leave one of them out.',
    })
    expect(refusal(storage, { ...storage, version: '2.0.0' }).message).toContain('by @acme/adapters@1.2.3 and by @acme/adapters@2.0.0')
  })

  it('refuses an adapter for other ports, saying what to update', () => {
    expect(refusal({ ...storage, apiVersion: 2 })).toEqual({
      code: 'UnsupportedAdapter',
      message:
        '@acme/adapters@1.2.3 is made for version 2 of the ports, this release supports version 1. Update Triggerkit, or install matching releases.',
    })
    expect(refusal({ ...storage, apiVersion: 0 }).message).toContain('Update @acme/adapters,')
  })

  it('refuses a kind that it does not know', () => {
    expect(refusal({ ...storage, kind: 'presence' } as never)).toEqual({
      code: 'UnsupportedAdapter',
      message: '@acme/adapters@1.2.3 offers a presence, which this release does not know. Update Triggerkit.',
    })
  })
})
