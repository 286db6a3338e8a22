// What other tools share with the simulator.
export type { FoldRules } from './fold.js'
export { Random } from './random.js'
export { shown, tableOf } from './report-rows.js'
export { checkExecutions, checkInvariants, compareRecords, compareStored, foldAll } from './session-folds.js'
export { inFlightOf } from './storage-server.js'
export type { Applied, Complain } from './storage-server.js'
export { wholeOption } from './whole-option.js'
