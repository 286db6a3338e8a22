import type * as entry from './system-entry.js'

/** The system that is simulated: the real one, or one with a planted bug. */
export type System = typeof entry
