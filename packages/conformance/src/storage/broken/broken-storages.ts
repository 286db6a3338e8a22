import { brokenAtomicity } from './broken-atomicity.js'
import { brokenChecks } from './broken-checks.js'
import { brokenCommitMany } from './broken-commit-many.js'
import { brokenLeases } from './broken-leases.js'
import { brokenLives } from './broken-lives.js'
import { brokenRecords } from './broken-records.js'
import { brokenSessions } from './broken-sessions.js'
import type { BrokenStorage } from './broken-storage.js'
import { brokenTimes } from './broken-times.js'
import { brokenWrites } from './broken-writes.js'

/** Each with one defect, and the case that must find it. */
export const brokenStorages: readonly BrokenStorage[] = [
  ...brokenWrites,
  ...brokenChecks,
  ...brokenAtomicity,
  ...brokenCommitMany,
  ...brokenRecords,
  ...brokenTimes,
  ...brokenLeases,
  ...brokenSessions,
  ...brokenLives,
]
