import { runTool } from '@triggerkit/tool-command-line'
import { useRedis } from '@triggerkit/tool-services'
import { defineCommand } from 'citty'

import { runDemo } from './demo.js'

const main = defineCommand({
  meta: {
    name: 'demo:survey',
    description: 'Starts the survey service with two workers, fills in questionnaires over HTTP, kills a worker halfway through, and reports what became of each.',
  },
  args: {
    questionnaires: { type: 'string', default: '100', description: 'how many to fill in' },
    logs: { type: 'boolean', default: false, description: "show the service's own logs" },
  },
  async run({ args }) {
    const count = Number(args.questionnaires)
    if (!Number.isInteger(count) || count < 2) {
      console.error('--questionnaires: give a whole number from 2 up.')
      process.exitCode = 2
      return
    }
    const redis = await useRedis()
    try {
      const unsettled = await runDemo({ redisUrl: redis.url, count, loud: args.logs, say: (line) => console.log(line) })
      if (unsettled > 0) process.exitCode = 1
    } finally {
      await redis.stop()
    }
  },
})

await runTool(main)
