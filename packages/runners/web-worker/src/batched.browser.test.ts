import { expose, wrap, type Endpoint } from 'comlink'
import { expect, it, onTestFinished } from 'vitest'

import { batched } from './batched.js'

/** Two ends of a channel, and what goes over it to the far one. */
function channel() {
  const { port1, port2 } = new MessageChannel()
  onTestFinished(() => port1.close())
  const sent: unknown[] = []
  port2.addEventListener('message', ({ data }) => sent.push(data))
  port1.start()
  port2.start()
  return { near: port1 as Endpoint, far: port2 as Endpoint, sent }
}

it('carries sixteen calls of one turn in one message, and their answers likewise', async () => {
  const { near, far, sent } = channel()
  const back: unknown[] = []
  near.addEventListener('message', (event) => back.push((event as MessageEvent).data))
  expose((value: number) => value + 1, batched(far, () => false))
  const call = wrap<(value: number) => number>(batched(near, () => false))

  const answers = await Promise.all(Array.from({ length: 64 }, (_, value) => call(value)))

  expect(answers).toEqual(Array.from({ length: 64 }, (_, value) => value + 1))
  expect([sent, back].map((messages) => messages.map((message) => (message as unknown[]).length))).toEqual([Array(4).fill(16), Array(4).fill(16)])
})

// Comlink learns from its channel, at once, what can not be cloned; a list that is sent later must tell it by itself.
it('refuses what can not be cloned to its caller alone, be it a call or an answer', async () => {
  const { near, far } = channel()
  expose((value: unknown) => (value === 'answer' ? () => 1 : value), batched(far, () => false))
  const call = wrap<(value: unknown) => unknown>(batched(near, () => false))

  const outcomes = await Promise.allSettled([call('first'), call({ done: () => 1 }), call('answer'), call('last')])

  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
})

it('sends at once what is urgent, behind what waits', async () => {
  const { near, sent, far } = channel()
  const end = batched(near, (message) => message === 'urgent')
  const arrived = new Promise((resolve) => far.addEventListener('message', resolve))

  end.postMessage('waits')
  end.postMessage('urgent')
  end.postMessage('later')
  await arrived
  await new Promise((resolve) => {
    far.addEventListener('message', () => sent.length === 3 && resolve(null))
    end.postMessage('urgent')
  })

  expect(sent.slice(0, 3)).toEqual([['waits'], ['urgent'], ['later']])
})
