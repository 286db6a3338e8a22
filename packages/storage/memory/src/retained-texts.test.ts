import { expect, it } from 'vitest'

import { RetainedTexts } from './retained-texts.js'

const PERIOD = 100

it('keeps each text for the period at least, however the accesses fall', () => {
  for (let keptAt = 0; keptAt < 2 * PERIOD; keptAt += 10) {
    const texts = new RetainedTexts(PERIOD)
    for (let now = 0; now <= keptAt; now += 10) texts.keep(String(now), 'text', now)

    for (let now = keptAt; now <= keptAt + PERIOD; now += 10) expect(texts.get(String(keptAt), now)).toBe('text')
  }
})

it('has forgotten each text after twice the period, with its bytes', () => {
  let bytes = 0
  const texts = new RetainedTexts(PERIOD, growth => (bytes += growth))
  texts.keep('a', 'text', 0)
  texts.keep('a', 'longer text', 1)
  texts.keep('b', '', 99)
  expect(bytes).toBe('alonger textb'.length)

  const answers = [texts.get('a', 2 * PERIOD), texts.get('b', 2 * PERIOD)]

  expect(answers).toEqual([undefined, undefined])
  expect(bytes).toBe(0)
})

it('forgets bit by bit while it is in use', () => {
  let bytes = 0
  const texts = new RetainedTexts(PERIOD, growth => (bytes += growth))

  for (let now = 0; now < 100 * PERIOD; now += 1) texts.keep(`key${now}`, 'text', now)

  expect(bytes).toBeLessThanOrEqual(2 * PERIOD * 'key9999text'.length)
})
