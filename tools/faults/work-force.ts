import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as elapse } from 'node:timers/promises'

import { until } from '@triggerkit/tool-services'

import type { Tell } from './evidence.js'
import { JournalReader } from './journal.js'
import { WorkerProcess } from './worker-process.js'

const PROGRAM = new URL('./witnessed-worker.ts', import.meta.url)
/** Within so many milliseconds all that a process told before it froze has been heard. */
const LAST_NEWS = 100

/** A process that stood still for a while, in milliseconds since 1970. */
export interface Frozen {
  readonly worker: WorkerProcess
  readonly from: number
  until: number
}

/** Worker processes, as many as wanted, with a successor for each that is killed. */
export class WorkForce {
  readonly killed: { readonly name: string; readonly at: number }[] = []
  readonly frozen: Frozen[] = []
  readonly #url: string
  readonly #hear: Tell
  readonly #folder = mkdtempSync(join(tmpdir(), 'triggerkit-faults-'))
  readonly #journals: JournalReader[] = []
  readonly #up = new Set<WorkerProcess>()
  readonly #starting = new Set<Promise<void>>()
  #hired = 0

  constructor(url: string, hear: Tell) {
    this.#url = url
    this.#hear = hear
  }

  async hire(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#start()))
  }

  /** Kills one of the busy workers, and starts another one in its place. */
  async kill(choice: number): Promise<void> {
    const worker = await this.#busy(choice)
    this.#up.delete(worker)
    this.killed.push({ name: worker.name, at: Date.now() })
    await worker.kill()
    const starting = this.#start().finally(() => this.#starting.delete(starting))
    this.#starting.add(starting)
  }

  /** Resolves when every successor has started. */
  async complete(): Promise<void> {
    await Promise.all(this.#starting)
  }

  /** Freezes one of the busy workers in the middle of a task. One that has just ended its last is let go again, and the next one is tried. */
  async freeze(choice: number): Promise<Frozen> {
    for (;;) {
      const worker = await this.#busy(choice)
      const frozen = { worker, from: Date.now(), until: Infinity }
      worker.freeze()
      await elapse(LAST_NEWS)
      if (isBusy(worker)) {
        this.frozen.push(frozen)
        return frozen
      }
      worker.thaw()
    }
  }

  thaw(frozen: Frozen): void {
    // Noted first, so that whatever the worker does from now on is later.
    frozen.until = Date.now()
    frozen.worker.thaw()
  }

  /** Hears what all workers have told by now. */
  readJournals(): void {
    for (const journal of this.#journals) journal.read()
  }

  async dismiss(): Promise<void> {
    await Promise.allSettled(this.#starting)
    await Promise.all([...this.#up].map((worker) => worker.kill()))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** A worker that runs a task at this moment, once there is one. */
  async #busy(choice: number): Promise<WorkerProcess> {
    const busy = (): WorkerProcess[] => [...this.#up].filter((worker) => !this.#stands(worker) && isBusy(worker))
    await until(() => busy().length > 0, 'a worker runs a task')
    const workers = busy()
    return workers[choice % workers.length] as WorkerProcess
  }

  #stands(worker: WorkerProcess): boolean {
    return this.frozen.some((frozen) => frozen.worker === worker && frozen.until === Infinity)
  }

  async #start(): Promise<void> {
    const name = `worker-${(this.#hired += 1)}`
    const journal = join(this.#folder, `${name}.jsonl`)
    const worker = await WorkerProcess.started(this.#url, name, { file: PROGRAM, rest: [journal] })
    this.#journals.push(new JournalReader(journal, this.#hear))
    this.#up.add(worker)
  }
}

function isBusy(worker: WorkerProcess): boolean {
  return worker.told('began').length > worker.told('ended').length
}
