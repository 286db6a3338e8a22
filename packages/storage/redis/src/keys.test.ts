import fc from 'fast-check'
import { expect, it } from 'vitest'

import { afterAll, decode, encode, hash, Keys, memberOf, uidOf } from './keys.js'

const bytes = (text: string): Buffer => Buffer.from(encode(text), 'utf8')
/** Any code units at all, lone surrogates among them. */
const units = fc.array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7fe, max: 0xe001 })), { maxLength: 6 }).map((codes) => String.fromCharCode(...codes))

it('orders encoded texts by bytes as the texts are by code unit', () => {
  const property = fc.property(units, units, (one, other) => {
    expect(Math.sign(Buffer.compare(bytes(one), bytes(other)))).toBe(one < other ? -1 : Number(one > other))
  })

  fc.assert(property, { numRuns: 2_000 })
})

it('gives every text back, through UTF-8, lone surrogates and emoji included', () => {
  const property = fc.property(units, (text) => {
    expect([decode(bytes(text).toString('utf8')), uidOf(memberOf(text))]).toEqual([text, text])
  })

  fc.assert(property, { numRuns: 2_000 })
})

it('encodes prefixes as prefixes, and knows what comes after all that begin with one', () => {
  const property = fc.property(units, units, (prefix, rest) => {
    expect(encode(prefix + rest).startsWith(encode(prefix))).toBe(true)
    expect(Buffer.compare(Buffer.from(afterAll(encode(prefix))), bytes(prefix + rest))).toBe(1)
  })

  fc.assert(property, { numRuns: 2_000 })
})

// Reliability, A3: the uid `}x` splits keys that one expects in one slot.
it('keeps the keys of a session in one slot, and those of different sessions apart, whatever a uid contains', () => {
  const keys = new Keys('test', 16)
  const tag = (key: string) => /\{(.*?)\}/.exec(key)?.[1]
  const property = fc.property(fc.uniqueArray(fc.oneof(units, fc.constantFrom('}x', '{a}', 'a:s', 'a', 'a:', 'a\n')).filter((uid) => uid !== ''), { minLength: 2, maxLength: 2 }), units, (uids, name) => {
    const own = uids.map((uid) => keys.of(uid)).map((session) => [session.hash, session.archive, session.order, session.commitId(name), session.receipt(name)])

    for (const some of own) expect(new Set(some.map(tag)).size).toBe(1)
    expect(new Set(own.flat()).size).toBe(10)
  })

  fc.assert(property, { numRuns: 1_000 })
})

// Where sessions lie may never change: what this test says is what is stored.
it('spreads sessions over partitions as it always did', () => {
  const members = ['a', 'questionnaire:42', '😀'].map(memberOf)

  const hashed = members.map((member) => [member, hash(member), new Keys('t', 16).partitionOf(member)])

  expect(hashed).toEqual([
    ['YQ', 739_330_591, 15],
    ['cXVlc3Rpb25uYWlyZTo0Mg', 3_216_269_800, 8],
    ['8J2gvfCduIA', 712_941_488, 0],
  ])
})
