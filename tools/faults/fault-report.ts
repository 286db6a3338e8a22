/** What came of a run with faults. Nothing lost, nothing doubled and nothing stuck is what is promised. */
export interface FaultReport {
  readonly sessions: number
  /** How many firings clients uttered, however often they repeated each. */
  readonly firings: number
  /** How many faults of each kind struck. */
  readonly faults: Record<string, number>
  /** Firings and outcomes that are missing, and records that are not what their session's commands make. */
  readonly lost: number
  /** Firings and outcomes that count more than once. */
  readonly doubled: number
  /** Instances that did not come to their end. */
  readonly stuck: number
  /** One figure for each thing that a fault held up, in milliseconds. */
  readonly recoveryMs: readonly number[]
}
