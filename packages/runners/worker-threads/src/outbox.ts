import type { MessagePort } from 'node:worker_threads'

/** Says what is sent in place of a message that can't be cloned; `null` for nothing. */
type Instead<TMessage> = (error: unknown) => TMessage | null

interface Letter<TMessage> {
  readonly message: TMessage
  readonly instead: Instead<TMessage> | undefined
}

/** How many go together at the most: the other side works on them, while this one writes down the next. */
const MOST = 16

/**
 * Sends messages through a port. Those of one turn go in few lists: waking the other thread costs more than what is in a
 * message. They arrive in order, and one that can't be cloned keeps no other back.
 */
export class Outbox<TMessage> {
  readonly #port: MessagePort
  #waiting: Letter<TMessage>[] = []

  constructor(port: MessagePort) {
    this.#port = port
  }

  /** @param instead - for a message that may hold what can't be cloned; any other is plain data */
  post(message: TMessage, instead?: Instead<TMessage>): void {
    const count = this.#waiting.push({ message, instead })
    if (count === 1) void Promise.resolve().then(() => this.flush())
    else if (count === MOST) this.flush()
  }

  /** Sends what waits, now: the thread may have no other chance. */
  flush(): void {
    const letters = this.#waiting
    if (letters.length === 0) return
    this.#waiting = []
    try {
      this.#port.postMessage(letters.map(({ message }) => message))
    } catch {
      for (const letter of letters) this.#postAlone(letter)
    }
  }

  #postAlone({ message, instead }: Letter<TMessage>): void {
    try {
      this.#port.postMessage([message])
    } catch (error) {
      if (instead === undefined) throw error
      const replacement = instead(error)
      if (replacement !== null) this.#port.postMessage([replacement])
    }
  }
}
