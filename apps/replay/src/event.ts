import type { JsonObject } from 'triggerkit'

/** One trigger to fire. */
export interface ReplayEvent {
  /** Where it stands in its source, counted from 1. */
  readonly line: number
  readonly session: string
  readonly trigger: string
  readonly kwargs?: JsonObject
  /** The firing id: the same id twice in a session counts once. */
  readonly id?: string
  /** What sort of thing the session is, where the source knows. */
  readonly kind?: string
  /** Whether it is the first event made from a payload, where one payload may fire several triggers. */
  readonly opensPayload?: boolean
}

/** A line that no event could be made of, or that the engine refused. */
export interface BadLine {
  readonly line: number
  readonly reason: string
}

export function isBadLine(item: ReplayEvent | BadLine): item is BadLine {
  return 'reason' in item
}
