import type { Version } from '@triggerkit/contracts'
import { expect, it } from 'vitest'

import { Watchers } from './watchers.js'

const VERSION: Version = { incarnation: 'i', number: 1 }

it('tells every listener of a session after the running code, and those of others nothing', async () => {
  const told: string[] = []
  const watchers = new Watchers()
  watchers.add('s', () => told.push('one'))
  watchers.add('s', () => told.push('two'))
  watchers.add('other', () => told.push('other'))

  watchers.tell('s', VERSION)
  told.push('code')
  await Promise.resolve()

  expect(told).toEqual(['code', 'one', 'two'])
})

it('tells one function twice that listens twice, and once when one of them has ended', async () => {
  let told = 0
  const watchers = new Watchers()
  const listener = (): void => void (told += 1)
  const end = watchers.add('s', listener)
  watchers.add('s', listener)

  watchers.tell('s', VERSION)
  await Promise.resolve()
  end()
  end()
  watchers.tell('s', null)
  await Promise.resolve()

  expect(told).toBe(3)
  expect(watchers.watched()).toEqual(['s'])
})

it('tells nobody who ended his listening before his turn came', async () => {
  const told: string[] = []
  const watchers = new Watchers()
  const ends: (() => void)[] = []
  watchers.add('s', () => {
    told.push('first')
    for (const end of ends) end()
  })
  ends.push(watchers.add('s', () => told.push('second')))
  watchers.add('cleared', () => told.push('cleared'))

  watchers.tell('s', VERSION)
  watchers.tell('cleared', VERSION)
  await Promise.resolve()
  watchers.tell('s', VERSION)
  watchers.clear()
  await Promise.resolve()

  expect(told).toEqual(['first', 'cleared'])
  expect(watchers.has('s')).toBe(false)
})

it('drops what a listener throws and tells the next', async () => {
  const told: (Version | null)[] = []
  const watchers = new Watchers()
  watchers.add('s', () => {
    throw new Error('of the listener')
  })
  watchers.add('s', (version) => told.push(version))

  watchers.tell('s', VERSION)
  await Promise.resolve()

  expect(told).toEqual([VERSION])
})
