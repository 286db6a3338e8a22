import type { ReplayEvent } from './event.js'

/** The name of a session's kind where its source tells none. */
export const ANY_KIND = 'session'

export interface KindCount {
  readonly kind: string
  readonly sessions: number
  readonly payloads: number
}

/** What has been counted while the events went by. */
export class Tally {
  events = 0
  firings = 0
  duplicates = 0
  badLines = 0
  payloads = 0
  /** Whether the events could not be read to their end. */
  cutShort = false
  /** Every session seen, in the order of its first event, with its kind. */
  readonly sessions = new Map<string, string>()
  readonly #payloadsByKind = new Map<string, number>()

  fired({ session, kind = ANY_KIND, opensPayload = false }: ReplayEvent, duplicate: boolean): void {
    this.firings += 1
    if (duplicate) this.duplicates += 1
    if (!this.sessions.has(session)) this.sessions.set(session, kind)
    if (!opensPayload) return
    this.payloads += 1
    this.#payloadsByKind.set(kind, (this.#payloadsByKind.get(kind) ?? 0) + 1)
  }

  /** The kinds of session, those with most sessions first. */
  kinds(): readonly KindCount[] {
    const sessions = new Map<string, number>()
    for (const kind of this.sessions.values()) sessions.set(kind, (sessions.get(kind) ?? 0) + 1)
    return [...sessions]
      .map(([kind, number]) => ({ kind, sessions: number, payloads: this.#payloadsByKind.get(kind) ?? 0 }))
      .sort((left, right) => right.payloads - left.payloads || right.sessions - left.sessions)
  }
}
