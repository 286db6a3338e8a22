import { atLeast, atMost } from '../figure.js'
import type { Figure } from '../figure.js'
import { alternate, fine, ratio } from '../measure.js'
import { bytesOfFire, bytesOfShared, pureFire, wholeFire } from './growth.js'
import type { Beside } from './growth.js'
import { machineJoin, pureJoin, wholeJoin } from './join.js'
import { bundleSizes } from './sizes.js'

const FEW = 10
const MANY = 10_000

/** Everything that is measured in memory: no server, no browser. */
export async function coreFigures(): Promise<readonly Figure[]> {
  return [
    ...(await joins()),
    ...(await growth('resolved', 'G3.resolved')),
    ...(await growth('unstarted', 'G3.unstarted')),
    ...(await bytes()),
    ...(await bundleSizes()),
  ]
}

async function joins(): Promise<readonly Figure[]> {
  const [pure, whole, machine] = await alternate([pureJoin, wholeJoin(), machineJoin], { rounds: 7, operations: [15_000, 900, 1_500] })
  return [
    atLeast('M1', 'pure joins per second, over XState transition()', ratio(pure, machine), { unit: '×', goal: 15, gate: 8 }),
    atLeast('M2', 'joins per second by await fire() with commit and hand-over, over XState transition()', ratio(whole, machine), { unit: '×', goal: 6, gate: 3 }),
  ]
}

async function growth(beside: Beside, id: string): Promise<readonly Figure[]> {
  const limits = { unit: '×', goal: 1.2, gate: 2 }
  const [few, many] = await fine([pureFire(beside, FEW), pureFire(beside, MANY)], { rounds: 9, operations: 2_000 })
  const [fewWhole, manyWhole] = await fine([await wholeFire(beside, FEW), await wholeFire(beside, MANY)], { rounds: 9, operations: 60 })
  return [
    atMost(id, `pure fire beside 10,000 ${beside} instances, over beside 10`, ratio(many, few), limits),
    atMost(`${id}.fire`, `await fire() beside 10,000 ${beside} instances, over beside 10`, ratio(manyWhole, fewWhole), limits),
  ]
}

async function bytes(): Promise<readonly Figure[]> {
  const limits = { unit: '×', goal: 1.05, gate: 1.1 }
  const resolved = (await bytesOfFire('resolved', MANY)) / (await bytesOfFire('resolved', FEW))
  const unstarted = (await bytesOfFire('unstarted', MANY)) / (await bytesOfFire('unstarted', FEW))
  const shared = await bytesOfShared(1_000, 100_000)
  return [
    atMost('G4.resolved', 'bytes that a fire writes beside 10,000 resolved instances, over beside 10', resolved, limits),
    atMost('G4.unstarted', 'bytes that a fire writes beside 10,000 unstarted instances, over beside 10', unstarted, limits),
    atMost('shared-payload', '1,000 instances that share 100 kB, in memory storage', shared, { unit: 'bytes', goal: 1_100_000, gate: 1_100_000 }),
  ]
}
