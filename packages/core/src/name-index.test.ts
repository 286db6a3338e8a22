import { describe, expect, it } from 'vitest'

import { NameIndex } from './name-index.js'

interface Item {
  readonly name: string
  readonly keys: readonly string[]
}

function indexOf(count: number): { readonly index: NameIndex<Item>; readonly items: Map<string, Item> } {
  const items = new Map<string, Item>()
  const index = new NameIndex(items, ({ keys }) => keys)
  for (let number = 0; number < count; number += 1) index.put({ name: `i${number}`, keys: [number % 2 === 0 ? 'even' : 'odd'] })
  return { index, items }
}

const names = (items: readonly Item[]): readonly string[] => items.map(({ name }) => name)

describe.each([4, 40])('an index of %i names', (count) => {
  it('finds items by any of their keys, and none by another', () => {
    const { index } = indexOf(count)

    expect([index.list('even').length, index.list('odd').length, index.list('none').length]).toEqual([count / 2, count / 2, 0])
  })

  it('finds an item that is put again under its new keys alone', () => {
    const { index, items } = indexOf(count)
    index.list('odd')

    index.put({ name: 'i1', keys: ['even', 'new'] })

    expect([names(index.list('new')), index.list('even').length, index.list('odd').length]).toEqual([['i1'], count / 2 + 1, count / 2 - 1])
    expect(items.get('i1')?.keys).toEqual(['even', 'new'])
  })

  it('forgets an item that is removed', () => {
    const { index, items } = indexOf(count)
    index.list('odd')

    index.remove('i1')

    expect([index.list('odd').length, items.has('i1')]).toEqual([count / 2 - 1, false])
  })
})
