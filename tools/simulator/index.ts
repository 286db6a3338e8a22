// What the runs on real servers share with the simulator.
export type { FoldRules } from './fold.js'
export { Random } from './random.js'
export { checkExecutions, checkInvariants, compareStored, foldAll } from './session-folds.js'
export { inFlightOf } from './storage-server.js'
export type { Applied, Complain } from './storage-server.js'
