import type { Change, Storage } from '@triggerkit/contracts'
import type { RecordedChange } from '@triggerkit/engine'

import { overridden } from './overridden.js'

/** One run of a task's code. */
export interface Run {
  readonly uid: string
  readonly instance: string
  readonly attempt: number
  /** The process that runs it. */
  readonly by: string
  /** When it began, in milliseconds since 1970. */
  readonly at: number
}

/** What a process tells before it does it, so that nothing of it is lost with the process. */
export type Testimony =
  | { readonly kind: 'recorded'; readonly uid: string; readonly change: RecordedChange }
  | { readonly kind: 'presented'; readonly uid: string; readonly change: Change; readonly by: string }
  | ({ readonly kind: 'began' } & Run)
  | ({ readonly kind: 'ended'; readonly endedAt: number } & Run)

export type Tell = (testimony: Testimony) => void

/** All that was told of one session. */
export interface SessionEvidence {
  /** By commit id, as are {@link SessionEvidence.presented}. */
  readonly recorded: Map<string, RecordedChange>
  readonly presented: Map<string, { readonly change: Change; readonly by: string }>
  readonly began: Run[]
  readonly ended: Run[]
}

/** What processes told, by session. */
export class Evidence {
  readonly #sessions = new Map<string, SessionEvidence>()

  readonly hear: Tell = (testimony) => {
    const session = this.of(testimony.uid)
    if (testimony.kind === 'recorded') session.recorded.set(testimony.change.commitId, testimony.change)
    else if (testimony.kind === 'presented') session.presented.set(testimony.change.commitId, testimony)
    else session[testimony.kind].push(testimony)
  }

  of(uid: string): SessionEvidence {
    const known = this.#sessions.get(uid)
    if (known !== undefined) return known
    const fresh = { recorded: new Map(), presented: new Map(), began: [], ended: [] }
    this.#sessions.set(uid, fresh)
    return fresh
  }

  forget(uid: string): void {
    this.#sessions.delete(uid)
  }
}

/** The storage, telling of every change before it is presented. */
export function witnessed(storage: Storage, by: string, tell: Tell): Storage {
  return overridden(storage, {
    commit: (uid, change) => {
      tell({ kind: 'presented', uid, change, by })
      return storage.commit(uid, change)
    },
    commitMany: (changes) => {
      for (const { uid, change } of changes) tell({ kind: 'presented', uid, change, by })
      return (storage.commitMany as NonNullable<Storage['commitMany']>).call(storage, changes)
    },
  })
}
