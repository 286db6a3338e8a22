import { runTool } from '@triggerkit/tool-command-line'
import { defineCommand } from 'citty'

import { browserFigures } from './browser/figures.js'
import { coreFigures } from './core/figures.js'
import { holds, toJson, toTable } from './figure.js'
import type { Figure } from './figure.js'
import { nodeFigures } from './node/figures.js'
import { redisFigures } from './redis/figures.js'

const SUITES: ReadonlyMap<string, () => Promise<readonly Figure[]>> = new Map([
  ['core', coreFigures],
  ['redis', redisFigures],
  ['browser', browserFigures],
  ['node', nodeFigures],
])

const main = defineCommand({
  meta: { name: 'bench', description: 'Measures what a firing costs, as ratios within one run. A figure that misses its gate makes the command fail.' },
  args: {
    suite: { type: 'positional', required: false, default: 'core', description: `one or several of ${[...SUITES.keys()].join(', ')}` },
    json: { type: 'boolean', default: false, description: 'an array of { id, value, goal, gate, holds } instead of a table' },
  },
  async run({ args }) {
    const suites = new Set(args._.length > 0 ? args._ : [args.suite])
    const unknown = [...suites].find((suite) => !SUITES.has(suite))
    if (unknown !== undefined) {
      console.error(`Unknown suite ${JSON.stringify(unknown)}; known: ${[...SUITES.keys()].join(', ')}.`)
      process.exitCode = 2
      return
    }
    const figures: Figure[] = []
    for (const [suite, measure] of SUITES) if (suites.has(suite)) figures.push(...(await measure()))
    console.log(args.json ? toJson(figures) : toTable(figures))
    if (!figures.every(holds)) process.exitCode = 1
  },
})

await runTool(main)
