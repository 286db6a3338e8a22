import { LOG_LEVELS } from '@triggerkit/contracts'
import type { Change, JsonValue, Patch } from '@triggerkit/contracts'
import { advance, ArchivedInstanceNeeded, decodeInstance, Draft, namedKey, SessionState, toRecords } from '@triggerkit/core'
import type { Command, Event, Inputs, Instance, Runners, View } from '@triggerkit/core'
import type { RecordedCommand } from '@triggerkit/engine'

import type { Applied, Complain } from './storage-server.js'

/** What must be known of an application to carry out its commands anew. */
export interface FoldRules {
  /** The reactions of its manager class, if that has any. */
  readonly react?: (events: readonly Event[], view: View) => readonly Command[]
  /** Whether its transactions catch what a command throws, and go on; elsewhere no recorded command may throw. */
  readonly catches?: boolean
  /** The runners that a process of it knows, by the process's name. */
  runnersOf(process: string): Runners
}

/** What an applied command did, as far as it did anything. */
export interface Deed {
  readonly command: Command
  readonly version: number
  /** The instance that it is about, as it was before. */
  readonly before: Instance | undefined
  readonly by: string
  /** The storage's time at which it was applied. */
  readonly now: number
}

/** The applied changes of one session, from its creation to its end, carried out anew by the pure core, one after the other. */
export class Fold {
  readonly uid: string
  readonly state: SessionState = new SessionState()
  readonly working: Map<string, JsonValue> = new Map()
  readonly archive: Map<string, JsonValue> = new Map()
  readonly resolved: Map<string, Instance> = new Map()
  readonly deeds: Deed[] = []
  /** The receipts: they outlive the session. */
  readonly receipts: Map<string, JsonValue>
  readonly #known: Map<string, JsonValue>
  readonly #rules: FoldRules
  readonly #complain: Complain

  /** @param before - the session of that uid that was deleted before, if any */
  constructor(uid: string, rules: FoldRules, complain: Complain, before?: Fold) {
    this.uid = uid
    this.#rules = rules
    this.#complain = complain
    this.receipts = new Map(before?.receipts)
    this.#known = new Map(before?.receipts)
  }

  /** Carries out what one applied change was made of, and compares what comes of it with what was written. */
  apply(change: Change, { now, by }: Applied, commands: readonly RecordedCommand[]): void {
    const draft = new Draft(this.state, { instances: this.resolved, records: this.#known })
    const expected = this.#carryOutAll(draft, commands, { version: change.expect.number + 1, by, now })
    if (expected.length > 0) this.#complain('S13', `${this.uid}, version ${change.expect.number + 1}: the commit lacks the reaction ${JSON.stringify(expected)}`)
    const records = toRecords(draft.changes, this.state)
    this.#compare(change, 'working', records.working)
    this.#compare(change, 'archive', records.archive)
    this.#write(change, records)
    this.state.apply(draft.changes)
    if (this.state.inFlight().length > 0 && change.wakeAt === null) {
      this.#complain('S9', `${this.uid}, version ${change.expect.number + 1}: ${this.state.inFlight().map(({ name }) => name).join(', ')} in flight without a wake-up`)
    }
  }

  /** @returns the reactions that should have followed, but were not recorded */
  #carryOutAll(draft: Draft, commands: readonly RecordedCommand[], about: Pick<Deed, 'version' | 'by' | 'now'>): readonly Command[] {
    let reactions: readonly Command[] = []
    let news: Event[] = []
    for (const { command, ...given } of commands) {
      const [next, ...others] = reactions
      if (next !== undefined && JSON.stringify(next) !== JSON.stringify(command)) return reactions
      news.push(...this.#carryOut(draft, command, this.#inputs(given, about.by), about))
      reactions = others.length > 0 ? others : this.#reactions(news, draft)
      if (others.length === 0) news = []
    }
    return reactions
  }

  #reactions(events: readonly Event[], draft: Draft): readonly Command[] {
    return events.length > 0 ? (this.#rules.react?.(events, draft) ?? []) : []
  }

  #carryOut(draft: Draft, command: Command, inputs: Inputs, about: Pick<Deed, 'version' | 'by' | 'now'>): readonly Event[] {
    const name = (command as { instance?: string }).instance ?? command.execution?.instance
    const before = name === undefined ? undefined : draft.instance(name)
    const known = command.id !== undefined && draft.known(namedKey(command.type === 'fire' ? 'f' : 'd', command.id)) !== undefined
    try {
      const { events } = advance(draft, command, inputs)
      if (!known) this.deeds.push({ command, before, ...about })
      return [...events]
    } catch (error) {
      if (error instanceof ArchivedInstanceNeeded) this.#complain('S1', `${this.uid}: the pure core doesn't find ${error.instance}`)
      else if (this.#rules.catches !== true) this.#complain('S1', `${this.uid}, version ${about.version}: the pure core refuses ${command.type}: ${String(error)}`)
      return []
    }
  }

  #inputs({ now, owner, manager, ids }: Omit<RecordedCommand, 'command'>, by: string): Inputs {
    const left = [...ids]
    return {
      now,
      ids: () => left.shift() ?? 'an id that was not recorded',
      owner,
      manager,
      runners: this.#rules.runnersOf(by),
      unresolvedLogs: LOG_LEVELS.ERROR,
    }
  }

  #compare(change: Change, place: 'working' | 'archive', expected: Patch): void {
    const wanted = sorted(expected)
    const written = sorted(change[place])
    if (wanted === written) return
    const at = [...wanted].findIndex((letter, index) => letter !== written[index])
    const part = (text: string): string => text.slice(Math.max(0, at - 60), at + 60)
    this.#complain('S1', `${this.uid}, version ${change.expect.number + 1}: the ${place} should have got …${part(wanted)}… and got …${part(written)}…`)
  }

  #write(change: Change, { working, archive }: { working: Patch; archive: Patch }): void {
    for (const key of working.remove) this.working.delete(key)
    for (const key of archive.remove) this.archive.delete(key)
    for (const [key, record] of working.put) this.working.set(key, record)
    for (const [key, record] of archive.put) {
      this.archive.set(key, record)
      if (key.startsWith('f/')) this.#known.set(key, record)
      if (key.startsWith('i/')) this.resolved.set((record as { name: string }).name, decodeInstance(record))
    }
    for (const [key, record] of working.put) if (key.startsWith('i/')) this.resolved.delete((record as { name: string }).name)
    for (const [key, record] of change.receipts) {
      this.receipts.set(key, record)
      this.#known.set(key, record)
    }
  }
}

function sorted({ put, remove }: Patch): string {
  const entries = [...put].map(([key, record]) => `${key}=${JSON.stringify(record)}`).sort()
  return [...entries, ...remove.map((key) => `-${key}`).sort()].join('\n')
}
