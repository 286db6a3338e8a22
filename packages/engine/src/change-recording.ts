import type { Change } from '@triggerkit/contracts'
import type { Command, Inputs } from '@triggerkit/core'
import type { Engine } from './engine.js'
import type { ManagerTraits } from './manager-traits.js'
import type { RecordedCommand } from './recorder.js'
import type { Recording } from './work.js'

/** The inputs of one change's transitions, remembered if somebody records. */
export class ChangeRecording implements Recording {
  readonly #engine: Engine
  readonly #now: number
  readonly #kept: RecordedCommand[] = []
  #open: RecordedCommand[] = []
  /** The ids of commands that failed although they may have been carried out before. */
  readonly doubted: string[] = []

  constructor(engine: Engine) {
    this.#engine = engine
    this.#now = engine.time.now()
  }

  inputs(command: Command, traits: ManagerTraits): Inputs {
    const { settings, ids } = this.#engine
    const recorded: string[] | null = settings.recorder === undefined ? null : []
    const given = this.#ownerFor(command)
    const inputs: Inputs = {
      now: this.#now,
      ids: () => {
        const id = ids.next()
        recorded?.push(id)
        return id
      },
      owner: given,
      runners: traits.runners,
      manager: traits.key,
      unresolvedLogs: traits.unresolvedLogs,
    }
    if (recorded !== null) this.#open.push({ command, now: this.#now, owner: given, manager: traits.key, ids: recorded })
    return inputs
  }

  whole<TDone>(act: () => TDone): TDone {
    const { length } = this.#open
    try {
      return act()
    } catch (error) {
      this.#open.length = length
      throw error
    }
  }

  keep(kept: boolean): void {
    if (this.#open.length === 0) return
    if (kept) this.#kept.push(...this.#open)
    this.#open = []
  }

  doubt(id: string): void {
    this.doubted.push(id)
  }

  /** Offers the change to the recorder; what that throws is told, and hinders nothing. */
  tell(uid: string, { commitId, expect }: Change): void {
    const { recorder, logger } = this.#engine.settings
    try {
      recorder?.record({ uid, commitId, expect, commands: this.#kept })
    } catch (error) {
      logger.error('The recorder failed; the change is committed all the same.', { uid, commitId, error: String(error) })
    }
  }

  // A process that is about to close executes what it has, but takes nothing more into its memory.
  #ownerFor({ type }: Command): string | null {
    return this.#engine.closing && type !== 'begin' ? null : this.#engine.owner.id
  }
}
