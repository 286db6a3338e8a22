import { describe, expect, it } from 'vitest'

import type { BadLine, ReplayEvent } from './event.js'
import { MAX_LINE_BYTES, readEvents } from './event-source.js'

async function* chunks(...parts: readonly (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part as string)
}

async function read(...parts: readonly (string | Buffer)[]): Promise<readonly (ReplayEvent | BadLine)[]> {
  const items: (ReplayEvent | BadLine)[] = []
  for await (const item of readEvents(chunks(...parts))) items.push(item)
  return items
}

describe('lines of events', () => {
  it('become events with the numbers of their lines', async () => {
    const events = await read('{"session":"a","trigger":"x"}\n\n  \r\n{"session":"b","trigger":"y","kwargs":{"n":1},"id":"k","more":true}\r\n')

    expect(events).toEqual([
      { line: 1, session: 'a', trigger: 'x' },
      { line: 4, session: 'b', trigger: 'y', kwargs: { n: 1 }, id: 'k' },
    ])
  })

  it('are put together however they are cut, even within a letter', async () => {
    const text = Buffer.from('{"session":"Bé","trigger":"x"}\n{"session":"c","trigger":"y"}')
    const cuts = Array.from(text, (_, index) => text.subarray(index, index + 1))

    const events = await read(...cuts)

    expect(events).toEqual([
      { line: 1, session: 'Bé', trigger: 'x' },
      { line: 2, session: 'c', trigger: 'y' },
    ])
  })

  it('may begin with a byte order mark', async () => {
    expect(await read('\uFEFF{"session":"a","trigger":"x"}')).toEqual([{ line: 1, session: 'a', trigger: 'x' }])
  })

  it.each(['\uFEFF', '\uFEFF\r\n', '\uFEFF \n\n'])('may be none behind a byte order mark: %j', async (text) => {
    expect(await read(text)).toEqual([])
  })

  it('take null for kwargs and id that are not given', async () => {
    expect(await read('{"session":"a","trigger":"x","kwargs":null,"id":null}')).toEqual([{ line: 1, session: 'a', trigger: 'x' }])
  })

  it.each([
    ['nope', /^is not JSON: /],
    ['{"session":"a"', /^is not JSON: /],
    ['[]', /must be an object .* not a list$/],
    ['null', /not null$/],
    ['{}', /^"session" is missing; "trigger" is missing$/],
    ['{"session":1,"trigger":"x"}', /^"session" must be a string, not a number$/],
    ['{"session":"a","trigger":null}', /^"trigger" is missing$/],
    ['{"session":"a","trigger":"x","kwargs":[]}', /^"kwargs" must be an object, not a list$/],
    ['{"session":"a","trigger":"x","id":7}', /^"id" must be a string, not a number$/],
  ])('that are bad tell why, and those after them are read: %s', async (line, reason) => {
    const [bad, next] = await read(`${line}\n{"session":"a","trigger":"x"}\n`)

    expect(bad).toEqual({ line: 1, reason: expect.stringMatching(reason) as string })
    expect(next).toEqual({ line: 2, session: 'a', trigger: 'x' })
  })

  it('that are not UTF-8 are bad', async () => {
    expect(await read(Buffer.from([0x22, 0xff, 0x22, 0x0a]))).toEqual([{ line: 1, reason: 'is not UTF-8' }])
  })

  it('that go beyond the limit are let go without being kept', async () => {
    const long = 'x'.repeat(MAX_LINE_BYTES / 2 + 1)

    const events = await read(long, long, '\n{"session":"a","trigger":"x"}')

    expect(events).toEqual([
      { line: 1, reason: 'is longer than 2,097,152 bytes' },
      { line: 2, session: 'a', trigger: 'x' },
    ])
  })

  it('cannot steer a terminal through what is said of them', async () => {
    const [bad] = await read('\u001b[31mred')

    expect((bad as BadLine).reason).not.toContain('\u001b')
  })
})
