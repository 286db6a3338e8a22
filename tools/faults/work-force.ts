import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as elapse } from 'node:timers/promises'

import { until } from '@triggerkit/tool-services'

import type { Tell } from './evidence.js'
import { JournalReader } from './journal.js'
import { WorkerProcess } from './worker-process.js'

const PROGRAM = new URL('./witnessed-worker.ts', import.meta.url)

/** A process that stood still for a while, in milliseconds since 1970. */
export interface Frozen {
  readonly name: string
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

  /** The workers that run tasks at this moment, once there are any. */
  async busy(): Promise<readonly WorkerProcess[]> {
    const busy = (): WorkerProcess[] => [...this.#up].filter((worker) => !this.#stands(worker) && worker.told('began').length > worker.told('ended').length)
    await until(() => busy().length > 0, 'a worker runs a task')
    return busy()
  }

  /** Kills a worker, and starts another one in its place. */
  async kill(worker: WorkerProcess): Promise<void> {
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

  async freeze(worker: WorkerProcess, milliseconds: number): Promise<void> {
    const frozen = { name: worker.name, from: Date.now(), until: Infinity }
    this.frozen.push(frozen)
    worker.freeze()
    await elapse(milliseconds)
    worker.thaw()
    frozen.until = Date.now()
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

  #stands({ name }: WorkerProcess): boolean {
    return this.frozen.some((frozen) => frozen.name === name && frozen.until === Infinity)
  }

  async #start(): Promise<void> {
    const name = `worker-${(this.#hired += 1)}`
    const journal = join(this.#folder, `${name}.jsonl`)
    const worker = await WorkerProcess.started(this.#url, name, { file: PROGRAM, rest: [journal] })
    this.#journals.push(new JournalReader(journal, this.#hear))
    this.#up.add(worker)
  }
}
