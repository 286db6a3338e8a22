import { planOf } from './plan.js'
import { simulate } from './simulation.js'
import * as system from './system-entry.js'
const from = Number(process.argv[2] ?? 1), n = Number(process.argv[3] ?? 1)
const t0 = performance.now(); let bad = 0, steps = 0, faults = 0, minf = 1e9, commits=0, rec=0
const kinds = new Map<string, number>(); let ack=0,unk=0,rej=0
for (let s = from; s < from + n; s++) {
  const o = await simulate(planOf(s), system)
  steps += o.steps; const f=[...o.faults.values()].reduce((a,b)=>a+b,0); faults += f; minf=Math.min(minf,f); commits+=o.commits; rec=Math.max(rec,o.recovery); ack+=o.acknowledged;unk+=o.unknown;rej+=o.rejected
  for (const [k,c] of o.faults) kinds.set(k,(kinds.get(k)??0)+c)
  if (n === 1) console.log(o.lines.join('\n'), o.hash)
  if (o.violations.length) { bad++; if (bad < 15) console.log(s, o.violations.slice(0,2).map(v=>v.invariant+' '+v.message.slice(0,300)).join('\n   ')) }
}
const dt = performance.now()-t0
console.log({bad, ms: dt/n, steps: steps/n, faults: faults/n, minf, commits: commits/n, rec, ack:ack/n,unk:unk/n,rej:rej/n}, kinds)
