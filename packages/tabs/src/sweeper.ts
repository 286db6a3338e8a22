import { followCache, followFreezing, type Leaving } from './page-life.js'

/** What waits for the role, and how. */
export interface SweeperSetting {
  readonly locks: LockManager
  /** The name of the sweeper's lock. */
  readonly lock: string
  readonly channel: string
  /** How long the sweeping tab may take to answer, in milliseconds. */
  readonly patience: number
}

type Word = { readonly kind: 'who' | 'here'; readonly visible: boolean }

/**
 * One candidate for the role of the tab that sweeps. A lock decides, and passes on by itself when its holder is gone. A holder that
 * is frozen or hangs would keep it: one that is told of its freezing lets go before, and as not every browser tells, those who wait
 * ask whether the holder is there, and take the lock away from one that doesn't answer. The victim goes on running until it learns
 * of it and gives up the role; until then two sweep, which costs time only.
 */
export class Sweeper implements Leaving {
  readonly #setting: SweeperSetting
  readonly #run: () => () => void
  readonly #unfollow: readonly (() => void)[]
  /** Open while the role is sought or held. */
  #channel: BroadcastChannel | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  /** What takes back a request that waits. */
  #waiting: AbortController | null = null
  /** Ends the role here. */
  #stop: (() => void) | null = null
  #letGo: (() => void) | null = null
  /** Whether the last question was answered. */
  #heard = true

  constructor(setting: SweeperSetting, run: () => () => void) {
    this.#setting = setting
    this.#run = run
    this.#unfollow = [followCache(this), followFreezing(this)]
    this.comeBack()
  }

  end(): void {
    for (const unfollow of this.#unfollow) unfollow()
    this.leave()
  }

  leave(): void {
    clearTimeout(this.#timer)
    this.#channel?.close()
    this.#channel = null
    this.#scope.removeEventListener('visibilitychange', this.#ask)
    this.#waiting?.abort()
    this.#waiting = null
    this.#giveUp()
  }

  comeBack(): void {
    if (this.#channel !== null) return
    this.#heard = true
    this.#channel = new BroadcastChannel(this.#setting.channel)
    this.#channel.addEventListener('message', ({ data }: MessageEvent<Word>) => this.#hear(data))
    this.#scope.addEventListener('visibilitychange', this.#ask)
    this.#queue({})
    this.#watch()
  }

  get #scope(): EventTarget {
    return globalThis.document ?? globalThis
  }

  /** Timers of hidden tabs are throttled; those of workers are not. */
  get #visible(): boolean {
    return globalThis.document === undefined || globalThis.document.visibilityState === 'visible'
  }

  #queue(options: { readonly steal?: true }): void {
    const waiting = new AbortController()
    this.#waiting = waiting
    const mode = options.steal ? { steal: true } : { signal: waiting.signal }
    this.#setting.locks.request(this.#setting.lock, mode, () => this.#lead(waiting)).catch((error: unknown) => this.#lost(waiting, error))
  }

  /** The role is here until the promise resolves, or the lock is taken away. */
  #lead(waiting: AbortController): Promise<void> {
    if (this.#waiting !== waiting) return Promise.resolve()
    this.#stop = this.#run()
    this.#say('here')
    return new Promise((resolve) => {
      this.#letGo = resolve
    })
  }

  /** Waits for what was taken away. What was refused is asked for again when nobody is heard of: at once, it would be so without end. */
  #lost(waiting: AbortController, error: unknown): void {
    if (this.#waiting !== waiting || (error as Error).name !== 'AbortError') return
    this.#giveUp()
    this.#queue({})
  }

  #giveUp(): void {
    this.#stop?.()
    this.#stop = null
    this.#letGo?.()
    this.#letGo = null
  }

  #hear({ kind, visible }: Word): void {
    if (kind === 'who' && this.#stop !== null) this.#answer(visible)
    if (kind !== 'here' || this.#stop !== null) return
    this.#heard = true
    if (!visible && this.#visible) this.#say('who')
  }

  /** A hidden tab leaves the role to one that is seen, and waits behind the others. */
  #answer(askerIsVisible: boolean): void {
    if (this.#visible || !askerIsVisible) return this.#say('here')
    this.#giveUp()
    this.#queue({})
  }

  #say(kind: Word['kind']): void {
    this.#channel?.postMessage({ kind, visible: this.#visible } satisfies Word)
  }

  readonly #ask = (): void => {
    if (this.#stop === null) this.#say('who')
  }

  /** Asks now and then; not all at the same moment, so that one steals and the others hear of it. */
  #watch(): void {
    const { patience } = this.#setting
    const spread = Math.random() * patience * 0.5
    this.#timer = setTimeout(() => {
      this.#watch()
      if (this.#stop !== null) return
      if (!this.#heard) return this.#steal()
      this.#heard = false
      this.#ask()
    }, patience + spread)
  }

  #steal(): void {
    this.#heard = true
    this.#waiting?.abort()
    this.#queue({ steal: true })
  }
}
