import { systemWith } from './build-system.js'
import { DEFECTS } from './defects.js'
import { planOf } from './plan.js'
import { simulate } from './simulation.js'
const max = Number(process.argv[2] ?? 300)
for (const { id } of DEFECTS.filter(d => process.argv[3] === undefined || process.argv[3].split(',').includes(d.id))) {
  try {
  const system = await systemWith(id)
  let s = 1, found
  for (; s <= max; s++) { const o = await simulate(planOf(s), system); if (o.violations.length) { found = o.violations[0]; break } }
  console.log(id, found ? `killed at ${s} by ${found.invariant}: ${found.message.slice(0, 160)}` : 'SURVIVES')
  } catch (e) { console.log(id, String(e).slice(0,400)) }
}
