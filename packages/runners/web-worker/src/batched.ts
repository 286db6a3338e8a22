import type { Endpoint } from 'comlink'

/** A message of Comlink's: a call, or the answer to one. */
interface WireMessage {
  readonly id: string
  readonly type: string
}

/** How many go together at the most: the other side works on them, while this one writes down the next. */
const MOST = 16

/**
 * A channel on which what is sent in one turn goes in few messages, each a list: a message costs far more than what is in it.
 * @param urgent - what is sent at once nevertheless, behind what waits; whoever sends it may never come to an end of its turn
 */
export function batched(channel: Endpoint, urgent: (message: unknown) => boolean): Endpoint {
  const listeners = new Set<(event: MessageEvent) => void>()
  let waiting: WireMessage[] = []
  const tell = (data: unknown): void => {
    // An event of one's own making costs as much as a message; nobody asks it for more than its data.
    for (const listener of listeners) listener({ data } as MessageEvent)
  }
  const send = (): void => {
    const messages = waiting
    waiting = []
    if (messages.length === 0) return
    try {
      channel.postMessage(messages)
    } catch {
      for (const message of messages) sendAlone(channel, message, tell)
    }
  }
  channel.addEventListener('message', (event) => {
    const { data } = event as MessageEvent<unknown>
    // One alone comes from a side of another release, which is told so by its first word.
    for (const message of Array.isArray(data) ? data : [data]) tell(message)
  })
  return {
    postMessage: (message: WireMessage, transfer) => {
      if (urgent(message)) {
        send()
        channel.postMessage([message], transfer ?? [])
        return
      }
      const count = waiting.push(message)
      if (count === 1) void Promise.resolve().then(send)
      else if (count === MOST) send()
    },
    addEventListener: (_type, listener) => void listeners.add(listener as (event: MessageEvent) => void),
    removeEventListener: (_type, listener) => void listeners.delete(listener as (event: MessageEvent) => void),
  }
}

/** Whoever called, here or there, is told of what can not be carried. */
function sendAlone(channel: Endpoint, message: WireMessage, tell: (data: unknown) => void): void {
  try {
    channel.postMessage([message])
  } catch (error) {
    const { name, message: text, stack } = error as Error
    const thrown = { id: message.id, type: 'HANDLER', name: 'throw', value: { isError: true, value: { name, message: text, stack } } }
    if (message.type === 'APPLY') tell(thrown)
    else channel.postMessage([thrown])
  }
}
