interface NodeEvents {
  on(event: 'unhandledRejection', listener: (reason: unknown) => void): void
  off(event: 'unhandledRejection', listener: (reason: unknown) => void): void
}

interface RejectionEvent {
  readonly reason: unknown
  preventDefault(): void
}

interface DomEvents {
  addEventListener(type: 'unhandledrejection', listener: (event: RejectionEvent) => void): void
  removeEventListener(type: 'unhandledrejection', listener: (event: RejectionEvent) => void): void
}

/** What of it there is: Node tells through `process`, a browser's page or worker through its global scope. */
type Platform = Partial<DomEvents> & { readonly process?: Partial<NodeEvents> }

/** Counts the unhandled rejections with one very reason, until it is stopped. */
export class UnhandledRejections {
  count = 0
  readonly #platform = globalThis as Platform
  readonly #reason: unknown

  constructor(reason: unknown) {
    this.#reason = reason
    this.#platform.process?.on?.('unhandledRejection', this.#onReason)
    this.#platform.addEventListener?.('unhandledrejection', this.#onEvent)
  }

  stop(): void {
    this.#platform.process?.off?.('unhandledRejection', this.#onReason)
    this.#platform.removeEventListener?.('unhandledrejection', this.#onEvent)
  }

  readonly #onReason = (reason: unknown): void => {
    if (reason === this.#reason) this.count += 1
  }

  readonly #onEvent = (event: RejectionEvent): void => {
    this.#onReason(event.reason)
    if (event.reason === this.#reason) event.preventDefault()
  }
}
