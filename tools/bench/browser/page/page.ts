import { exact, fireOften, growth, latency, together } from './firing.js'
import { look, seen } from './seeing.js'
import { taskLatency, tasksTogether } from './tasks.js'

/** What the benchmark calls in a page, by name. */
const measurements = { latency, together, exact, growth, fireOften, look, seen, taskLatency, tasksTogether }

Object.assign(globalThis, { measurements })
