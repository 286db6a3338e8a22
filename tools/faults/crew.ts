import type { Storage } from '@triggerkit/contracts'
import type { Triggers } from '@triggerkit/engine'
import { redisStorage } from '@triggerkit/storage-redis'

import { Evidence } from './evidence.js'
import { patient } from './patient-storage.js'
import { witnessedApplication } from './witnessed-application.js'
import type { Part } from './witnessed-application.js'
import type { WorkloadOptions } from './workload.js'

/** Several applications in this process, each with connections of its own, and what they tell. */
export interface Crew {
  readonly applications: readonly Triggers[]
  readonly evidence: Evidence
  /** A storage over the same data that no fault stands before. */
  readonly storage: Storage
  readonly workload: WorkloadOptions
  close(): Promise<void>
}

export interface CrewOptions extends Pick<Part, 'urls' | 'executes' | 'commandTimeout'> {
  /** Where no fault stands between. */
  readonly direct: string
  readonly size: number
  readonly workload: WorkloadOptions
}

/** @returns the crew; one that executes has started */
export async function assemble({ urls, direct, size, executes, commandTimeout, workload }: CrewOptions): Promise<Crew> {
  const evidence = new Evidence()
  const names = Array.from({ length: size }, (_, place) => `process-${place}`)
  const applications = names.map((name) => witnessedApplication({ name, urls, executes, commandTimeout, tell: evidence.hear }))
  const storage = patient(redisStorage({ url: direct, commandTimeout: '30s', logger: console }))
  const close = async (): Promise<void> => {
    await Promise.all(applications.map((application) => application.close({ drain: false })))
    await storage.close()
  }
  if (executes) await Promise.all(applications.map((application) => application.start()))
  return { applications, evidence, storage, workload, close }
}
