import { expect, it } from 'vitest'

import { SortedMap } from './sorted-map.js'

function keysOf(map: SortedMap<number>, start = '', after?: string): string[] {
  return Array.from(map.entriesFrom(start, after), ([key]) => key)
}

it('is read in the order of code units, from a start and behind a key', () => {
  const map = new SortedMap<number>()
  for (const key of ['b', 'a', 'Z', 'é', 'c', '\u{1F600}', '\uFF5E']) map.set(key, 1)

  expect(keysOf(map)).toEqual(['Z', 'a', 'b', 'c', 'é', '\u{1F600}', '\uFF5E'])
  expect(keysOf(map, 'b')).toEqual(['b', 'c', 'é', '\u{1F600}', '\uFF5E'])
  expect(keysOf(map, 'b', 'c')).toEqual(['é', '\u{1F600}', '\uFF5E'])
  expect(keysOf(map, 'c', 'a').slice(0, 1)).toEqual(['c'])
})

it('gives each key once, with its latest value', () => {
  const map = new SortedMap<number>()
  map.set('a', 1)
  expect(keysOf(map)).toEqual(['a'])
  map.delete('a')
  map.set('a', 2)
  map.set('a', 3)

  expect([...map.entriesFrom('')]).toEqual([['a', 3]])
})

it('agrees with a sorted list through any row of writes and reads', () => {
  const map = new SortedMap<number>()
  const model = new Set<string>()
  for (let step = 0; step < 20_000; step += 1) {
    const key = String((step * 7_919) % 4_001)
    if (step % 3 === 0) expect(map.delete(key)).toBe(model.delete(key))
    else {
      map.set(key, step)
      model.add(key)
    }
    if (step % 997 === 0) expect(keysOf(map)).toEqual([...model].sort())
  }

  expect(keysOf(map)).toEqual([...model].sort())
  expect(keysOf(map, '2', '25')).toEqual([...model].sort().filter(key => key > '25'))
})
