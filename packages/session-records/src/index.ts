export { toRecords, toStorable, toText } from './records.js'
export type { StorableChange, Write } from './records.js'
export { Watchers } from './watchers.js'
export type { VersionListener } from './watchers.js'
