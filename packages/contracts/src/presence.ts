/**
 * The presence port: who lives, and who sweeps. Without one, the storage's owners are asked and everybody sweeps.
 * It is a matter of speed alone: an owner lives while presence says so *and* its lease in the storage runs.
 */
export interface Presence {
  /** How long a lease must be here, in milliseconds: longer where timers are throttled. */
  readonly leaseMs: number
  /** Makes an owner known; the returned function withdraws it. */
  announce(owner: string): Promise<() => Promise<void>>
  /** Those of `owners` that live. */
  alive(owners: readonly string[]): Promise<readonly string[]>
  /** Tells of an owner's end, as soon as it is known; returns what stops it. */
  onDeath(listener: (owner: string) => void): () => void
  /** Calls `run` while this process is the one that sweeps, until `signal` says that it is no longer; returns what ends it. */
  whileSweeper(run: () => () => void): () => void
}
