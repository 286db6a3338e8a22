import { fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { add, emptyTally } from './tally.js'
import type { Tally } from './tally.js'

/** The seeds that one worker simulates. */
export interface Assignment {
  readonly first: number
  readonly last: number
  readonly stride: number
  readonly defect?: string | undefined
  readonly stopAtFailure: boolean
}

export interface Many {
  readonly seed: number
  readonly seeds: number
  /** The planted bug to simulate with, by id. */
  readonly defect?: string | undefined
  /** Whether the first failing seed is enough. */
  readonly stopAtFailure?: boolean
  readonly workers?: number
  /** Told whenever some more have been simulated. */
  readonly onProgress?: (tally: Tally) => void
}

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

/**
 * Simulates many seeds, in as many processes as there are cores.
 * @throws if a worker ends before its work is done
 */
export async function simulateMany({ seed, seeds, defect, stopAtFailure = false, workers = availableParallelism(), onProgress }: Many): Promise<Tally> {
  const tally = emptyTally()
  const stride = Math.max(1, Math.min(workers, seeds))
  const take = (more: Tally): void => {
    add(tally, more)
    onProgress?.(tally)
  }
  const assignments = Array.from({ length: stride }, (_, index) => ({ first: seed + index, last: seed + seeds - 1, stride, defect, stopAtFailure }))
  await Promise.all(assignments.map((assignment) => delegate(assignment, take)))
  return tally
}

function delegate(assignment: Assignment, take: (tally: Tally) => void): Promise<void> {
  const child = fork(WORKER, [], { execArgv: ['--import', TSX, '--conditions=@triggerkit/source'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  child.on('message', (tally) => take(tally as Tally))
  child.send(assignment)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => (code === 0 ? resolve() : reject(new Error(`A worker of the simulator ended with ${code ?? signal}.`))))
  })
}
