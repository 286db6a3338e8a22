import { expect, it } from 'vitest'

import { Queue } from './queue.js'

it('gives what came first, through thousands of items and after it was empty', () => {
  const queue = new Queue<number>()
  const taken: (number | undefined)[] = [queue.shift()]

  for (let item = 0; item < 5_000; item += 1) queue.push(item)
  for (let count = 0; count < 3_000; count += 1) taken.push(queue.shift())
  queue.push(5_000)
  const sizeAmid = queue.size
  while (queue.size > 0) taken.push(queue.shift())
  taken.push(queue.shift())

  expect(sizeAmid).toBe(2_001)
  expect(taken).toEqual([undefined, ...Array.from({ length: 5_001 }, (_, item) => item), undefined])
})
