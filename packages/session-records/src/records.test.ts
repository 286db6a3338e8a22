import type { Change, JsonValue } from '@triggerkit/contracts'
import { expect, it } from 'vitest'

import { toRecords, toStorable, toText } from './records.js'

const NOTHING = { put: new Map<string, JsonValue>(), remove: [] }

function change(parts: Partial<Change>): Change {
  return { commitId: 'c', expect: { incarnation: 'i', number: 0 }, expectAbsent: [], working: NOTHING, archive: NOTHING, receipts: new Map(), read: [], wakeAt: null, ...parts }
}

it('puts a key that a patch both removes and puts, and removes the others once', () => {
  const given = change({ working: { put: new Map<string, JsonValue>([['a', 1]]), remove: ['b', 'a', 'b'] } })

  const { working, archive, receipts } = toStorable(given)

  expect(working).toEqual([['b', null], ['a', '1']])
  expect([archive, receipts]).toEqual([[], []])
})

it('gives records that share nothing with those that were stored', () => {
  const stored = { list: [1] }

  const records = toRecords([['a', toText('a', stored)]])

  expect(records.get('a')).toEqual(stored)
  expect(records.get('a')).not.toBe(stored)
})

it.each([
  ['a bigint', 1n],
  ['a cycle', (() => { const cycle: unknown[] = []; cycle.push(cycle); return cycle })()],
  ['undefined', undefined],
])('refuses %s by the name of its record', (_, value) => {
  const refused = expect.objectContaining({ code: 'StorageRefused', details: { key: 'k' } })

  const give = (): unknown => toStorable(change({ receipts: new Map([['k', value as JsonValue]]) }))

  expect(give).toThrow(refused)
})
