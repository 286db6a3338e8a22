/**
 * The presence port: which owners are alive, and which one sweeps. Without one, the storage's owners decide and every process
 * sweeps. It only affects speed: an owner counts as alive while presence says so *and* its lease in the storage has not run out.
 */
export interface Presence {
  /** How long a lease must be here, in milliseconds: longer where timers are throttled. */
  readonly leaseMs: number
  /** Announces an owner; the returned function withdraws it. */
  announce(owner: string): Promise<() => Promise<void>>
  /** Those of `owners` that are alive. */
  alive(owners: readonly string[]): Promise<readonly string[]>
  /** Reports an owner's end as soon as it is known; returns a function that unsubscribes. */
  onDeath(listener: (owner: string) => void): () => void
  /** Calls `run` when this process becomes the one that sweeps, and the function that `run` returned when it no longer is; returns a function that ends it. */
  whileSweeper(run: () => () => void): () => void
}
