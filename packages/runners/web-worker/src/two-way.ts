import type { Endpoint } from 'comlink'

type Listener = EventListenerOrEventListenerObject

/** One channel as two: what is called on this side, and the answers to what this side called. */
export interface TwoWay {
  readonly calls: Endpoint
  readonly answers: Endpoint
}

/**
 * Lets through what two sides with one exposed function each have to say, and nothing else. Comlink itself follows any path that
 * the peer names, up to `__proto__`, and sets what it finds there.
 */
export function twoWay(channel: Endpoint): TwoWay {
  return { calls: only(channel, isCall), answers: only(channel, isAnswer) }
}

function only(channel: Endpoint, passes: (data: unknown) => boolean): Endpoint {
  const filters = new Map<Listener, (event: Event) => void>()
  return {
    postMessage: (message, transfer) => channel.postMessage(message, transfer ?? []),
    addEventListener: (type, listener) => {
      const filter = (event: Event): void => {
        if (passes((event as MessageEvent).data)) tell(listener, event)
      }
      filters.set(listener, filter)
      channel.addEventListener(type, filter)
    },
    removeEventListener: (type, listener) => {
      const filter = filters.get(listener)
      if (filter !== undefined) channel.removeEventListener(type, filter)
      filters.delete(listener)
    },
  }
}

function tell(listener: Listener, event: Event): void {
  if (typeof listener === 'function') listener(event)
  else listener.handleEvent(event)
}

interface WireMessage {
  readonly id?: unknown
  readonly type?: unknown
  readonly name?: unknown
  readonly path?: unknown
  readonly argumentList?: unknown
}

/** A call of the exposed function itself, with plain data. */
export function isCall(data: unknown): boolean {
  const { id, type, path, argumentList } = (data ?? {}) as WireMessage
  if (typeof id !== 'string' || type !== 'APPLY' || !isList(path) || !isList(argumentList)) return false
  return path.length === 0 && argumentList.every(isRaw)
}

/** A value, or what was thrown. */
function isAnswer(data: unknown): boolean {
  const { id, type, name } = (data ?? {}) as WireMessage
  return typeof id === 'string' && (type === 'RAW' || (type === 'HANDLER' && name === 'throw'))
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function isRaw(argument: unknown): boolean {
  return ((argument ?? {}) as WireMessage).type === 'RAW'
}
