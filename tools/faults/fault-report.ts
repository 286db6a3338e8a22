/** What became of a fault run. */
export interface FaultReport {
  readonly sessions: number
  readonly firings: number
  /** How often each kind of fault struck. */
  readonly faults: Record<string, number>
  /** Acknowledged, and not there. */
  readonly lost: number
  /** There more often than once. */
  readonly doubled: number
  /** Sessions that did not come to their end in time. */
  readonly stuck: number
  /** Milliseconds from each fault to the end of the work that was taken over. */
  readonly recoveryMs: readonly number[]
}
