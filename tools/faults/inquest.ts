import { setTimeout as elapse } from 'node:timers/promises'

import type { Storage } from '@triggerkit/contracts'
import { inFlightOf } from '@triggerkit/tool-simulator'

import { fireNamed } from './client.js'
import type { Client, Told } from './client.js'
import { flawed, prepared } from './defects.js'
import type { Defect } from './defects.js'
import type { Evidence, SessionEvidence } from './evidence.js'
import type { FaultReport } from './fault-report.js'
import { judge } from './judge.js'
import type { Finding, Verdict } from './judge.js'
import { sessionOf } from './workload.js'
import type { SessionPlan, WorkloadOptions } from './workload.js'

/** What every fault run can be told. */
export interface FaultOptions {
  readonly seed: number
  /** Told of findings, and now and then how far the run is. */
  readonly onProgress?: (line: string) => void
  /** Planted faults of the system: one in the first session, one in the second, and so on. */
  readonly defects?: readonly Defect[]
  /** After how many minutes nothing new is begun, though less was done than wanted. */
  readonly minutes?: number
  /** How long a session may take to come to its end after its last answer, in milliseconds. */
  readonly patience?: number
}

export interface Surroundings {
  readonly workload: WorkloadOptions
  readonly client: Client
  /** A storage over the same data that no fault stands before. */
  readonly storage: Storage
  readonly evidence: Evidence
  /** Brings the evidence up to date. */
  readonly refresh?: () => void
  /** How long faults held up what that session did, in milliseconds. */
  readonly recoveries: (judged: Judged) => readonly number[]
}

export interface Judged {
  readonly verdict: Verdict
  readonly told: readonly Told[]
  readonly evidence: SessionEvidence
}

const PATIENCE = 120_000
const LOOK_EVERY = 100
const TELL_EVERY = 1_000
const LOADS_AT_ONCE = 100

/** Sends clients through sessions, judges each when it has come to its end, and sums up. */
export class Inquest {
  readonly #around: Surroundings
  readonly #options: FaultOptions
  readonly #findings: Finding[] = []
  readonly #recoveries: number[] = []
  /** The version at which each session was judged. */
  readonly #versions = new Map<string, number>()
  readonly #lastBegin: number
  #firings = 0

  constructor(around: Surroundings, options: FaultOptions) {
    this.#around = around
    this.#options = options
    this.#lastBegin = Date.now() + (options.minutes ?? Infinity) * 60_000
  }

  /** Whether it is time to begin nothing new. */
  get late(): boolean {
    return Date.now() > this.#lastBegin
  }

  /** Runs the session of that number, from 1 up, from its first firing to its verdict. */
  async run(number: number): Promise<void> {
    const { workload, client, storage, evidence, refresh, recoveries } = this.#around
    const defect = this.#options.defects?.[number - 1]
    const plan = prepared(sessionOf(number, workload), defect)
    const told = await client.fillIn(plan, flawed(fireNamed, plan, defect))
    await this.#ended(plan)
    refresh?.()
    const of = evidence.of(plan.uid)
    const verdict = await judge({ plan, told, evidence: of, storage })
    this.#recoveries.push(...recoveries({ verdict, told, evidence: of }))
    evidence.forget(plan.uid)
    this.#enter(verdict, plan)
  }

  /** Runs so many sessions from that number on, so many of them at once. */
  async runAll(first: number, count: number, atOnce: number = count): Promise<void> {
    let next = first
    const lane = async (): Promise<void> => {
      while (next < first + count && !this.late) await this.run(next++)
    }
    await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane))
  }

  /** Looks whether anything changed after its verdict, and reports. */
  async report(faults: Record<string, number>): Promise<FaultReport> {
    const uids = [...this.#versions.keys()]
    while (uids.length > 0) await Promise.all(uids.splice(0, LOADS_AT_ONCE).map((uid) => this.#checkUnchanged(uid)))
    const count = (wanted: Finding['kind']): number => this.#findings.filter(({ kind }) => kind === wanted).length
    return {
      sessions: this.#versions.size,
      firings: this.#firings,
      faults,
      lost: count('lost'),
      doubled: count('doubled'),
      stuck: count('stuck'),
      recoveryMs: this.#recoveries,
    }
  }

  #enter({ findings, version }: Verdict, { uid, firings }: SessionPlan): void {
    for (const finding of findings) this.#find(finding)
    this.#versions.set(uid, version)
    this.#firings += firings.length
    const { size } = this.#versions
    if (size % TELL_EVERY === 0) this.#options.onProgress?.(`${size.toLocaleString('en')} sessions have been judged`)
  }

  #find(finding: Finding): void {
    this.#findings.push(finding)
    this.#options.onProgress?.(`${finding.kind}: ${finding.what}`)
  }

  /** With all firings answered, and cascades in the commits of what they follow, a session without work in flight has ended. */
  async #ended({ uid }: SessionPlan): Promise<void> {
    const end = Date.now() + (this.#options.patience ?? PATIENCE)
    while (Date.now() < end) {
      const { session } = await this.#around.storage.load(uid)
      if (session !== null && inFlightOf(session).length === 0) return
      await elapse(LOOK_EVERY)
    }
  }

  async #checkUnchanged(uid: string): Promise<void> {
    const { session } = await this.#around.storage.load(uid)
    const [judged, version] = [this.#versions.get(uid), session?.version.number ?? 0]
    const isStuck = this.#findings.some(({ kind, what }) => kind === 'stuck' && what.startsWith(`${uid}:`))
    if (version !== judged && !isStuck) this.#find({ kind: 'doubled', what: `${uid}: changed from version ${judged} to ${version} after its end` })
  }
}


/** The promise, whose rejection may wait until somebody asks for it. */
export function heldBack<TValue>(promise: Promise<TValue>): Promise<TValue> {
  promise.catch(() => undefined)
  return promise
}
