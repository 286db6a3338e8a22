// The globals that browsers, workers and Node 20 share, and no others. Packages tagged runtime:any compile against this
// list instead of `lib.dom` or `@types/node`, so that a use of `window` or `process` doesn't compile. It is never published:
// a declaration must not name its private types (write `ReturnType<typeof setTimeout>`, not `TimerHandle`).

/** Opaque: a number in browsers, an object in Node. */
interface TimerHandle {
  readonly __timerHandle: never
}

declare function setTimeout<TArguments extends unknown[]>(
  callback: (...args: TArguments) => void,
  delayMilliseconds?: number,
  ...args: TArguments
): TimerHandle
declare function clearTimeout(handle: TimerHandle | undefined): void
declare function setInterval<TArguments extends unknown[]>(
  callback: (...args: TArguments) => void,
  delayMilliseconds?: number,
  ...args: TArguments
): TimerHandle
declare function clearInterval(handle: TimerHandle | undefined): void
declare function queueMicrotask(callback: () => void): void
declare function structuredClone<TValue>(value: TValue): TValue

interface Event {
  readonly type: string
}

interface EventListenerOptions {
  once?: boolean
  signal?: AbortSignal
}

interface EventTarget {
  addEventListener(type: string, listener: (event: Event) => void, options?: EventListenerOptions): void
  removeEventListener(type: string, listener: (event: Event) => void): void
}

interface AbortSignal extends EventTarget {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
}
declare var AbortSignal: {
  prototype: AbortSignal
  new (): AbortSignal
  abort(reason?: unknown): AbortSignal
  any(signals: AbortSignal[]): AbortSignal
  timeout(milliseconds: number): AbortSignal
}

interface AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}
declare var AbortController: {
  prototype: AbortController
  new (): AbortController
}

interface MessagePort extends EventTarget {
  postMessage(message: unknown): void
  start(): void
  close(): void
}
declare var MessageChannel: {
  new (): { readonly port1: MessagePort; readonly port2: MessagePort }
}

declare var performance: { now(): number; readonly timeOrigin: number }

declare var crypto: {
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`
  getRandomValues<TArray extends Uint8Array | Uint16Array | Uint32Array>(array: TArray): TArray
}

declare var console: {
  debug(...data: unknown[]): void
  info(...data: unknown[]): void
  log(...data: unknown[]): void
  warn(...data: unknown[]): void
  error(...data: unknown[]): void
}

interface TextEncoder {
  encode(input?: string): Uint8Array
}
declare var TextEncoder: { prototype: TextEncoder; new (): TextEncoder }

interface TextDecoder {
  decode(input?: Uint8Array): string
}
declare var TextDecoder: { prototype: TextDecoder; new (label?: string): TextDecoder }
