/** What Triggerkit itself needs of an abort signal, for platforms whose types are not loaded. */
export interface MinimalSignal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/**
 * The platform's `AbortSignal`. Contracts load neither the DOM's types nor Node's, so that nothing impure compiles
 * in what is built on them; the type is taken from whatever the importing program has loaded.
 */
export type CancelSignal = typeof globalThis extends { AbortSignal: { prototype: infer TSignal } } ? TSignal : MinimalSignal
