import { Random } from '@triggerkit/tool-simulator'

import type { FaultReport } from '../fault-report.js'
import { play, type Case, type CaseReport } from './fault-case.js'
import { KINDS, POINTS } from './points.js'
import { Stage } from './stage.js'

export interface TabRunOptions {
  /** How many times a tab crashes, at points by chance. Default: 0. */
  readonly crashes?: number
  /** How many times each kind of fault strikes at each point. Default: 0. */
  readonly rounds?: number
  readonly seed: number
  /** After how many minutes no further case is begun. Default: no limit. */
  readonly minutes?: number
  /** How many browsers are at work at once; recovery takes longer where they share a processor. Default: 1. */
  readonly browsers?: number
  /** Is told what each case came to. */
  readonly onProgress?: (line: string) => void
}

/**
 * Lets faults befall tabs of a real browser in the midst of firing and executing, and looks what becomes of their sessions.
 * @throws where a session is left in a state that its commands can't make: a half commit, a gap, a broken invariant
 */
export async function runTabs(options: TabRunOptions): Promise<FaultReport> {
  const { crashes = 0, rounds = 0, seed, minutes = Infinity, browsers = 1, onProgress = () => undefined } = options
  const reports: FaultReport[] = []
  const until = performance.now() + minutes * 60_000
  const left = casesOf({ crashes, rounds, seed }).entries()
  const playAll = async (stage: Stage): Promise<void> => {
    for (const [number, planned] of left) {
      if (performance.now() > until) return
      const report = await play(stage, planned)
      onProgress(`${number + 1}. ${told(planned, report)}`)
      reports.push(reportOf(planned, report))
    }
  }
  await Promise.all(Array.from({ length: browsers }, () => onStage(playAll)))
  return merged(reports)
}

async function onStage(run: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await Stage.open()
  try {
    await run(stage)
  } finally {
    await stage.close()
  }
}

/** What happens is decided beforehand, by the seed; each case has a seed of its own. */
function casesOf({ crashes, rounds, seed }: Required<Pick<TabRunOptions, 'crashes' | 'rounds' | 'seed'>>): readonly Case[] {
  const random = new Random(seed, 'cases')
  const every = Array.from({ length: rounds }, () => KINDS.flatMap((kind) => POINTS.map((point) => ({ kind, point })))).flat()
  const crashing = Array.from({ length: crashes }, () => ({ kind: 'crash', point: random.pick(POINTS) }) as const)
  return [...every, ...crashing].map((planned) => ({ ...planned, seed: random.between(1, 2 ** 31) }))
}

/** @throws where the stored state is none that the commands make: that is neither lost nor doubled, but broken */
function reportOf(planned: Case, { lost, doubled, broken, stuck, firings, recoveryMs }: CaseReport): FaultReport {
  if (broken.length > 0) throw new Error(`${described(planned)}: ${broken.join('; ')}`)
  return {
    sessions: 1,
    firings,
    faults: { [planned.kind]: 1 },
    lost: lost.length,
    doubled: doubled.length,
    stuck: stuck.length > 0 ? 1 : 0,
    recoveryMs: stuck.length > 0 ? [] : [recoveryMs],
  }
}

function told(planned: Case, { lost, doubled, broken, stuck, recoveryMs }: CaseReport): string {
  const faults = Object.entries({ lost, doubled, broken, stuck }).flatMap(([what, faults]) => faults.map((fault) => `${what}: ${fault}`))
  return `${described(planned)}: ${faults.length === 0 ? `recovered after ${Math.round(recoveryMs)} ms` : faults.join('; ')}`
}

function described({ kind, point, seed }: Case): string {
  return `${kind} at "${point}" (seed ${seed})`
}

function merged(reports: readonly FaultReport[]): FaultReport {
  const sum = (count: (report: FaultReport) => number): number => reports.reduce((total, report) => total + count(report), 0)
  const faults: Record<string, number> = {}
  for (const report of reports) for (const [kind, count] of Object.entries(report.faults)) faults[kind] = (faults[kind] ?? 0) + count
  return {
    sessions: sum(({ sessions }) => sessions),
    firings: sum(({ firings }) => firings),
    faults,
    lost: sum(({ lost }) => lost),
    doubled: sum(({ doubled }) => doubled),
    stuck: sum(({ stuck }) => stuck),
    recoveryMs: reports.flatMap(({ recoveryMs }) => recoveryMs),
  }
}
