import { runTool } from '@triggerkit/tool-command-line'
import { defineCommand } from 'citty'

import { servePage } from './served-page.js'

const main = defineCommand({
  meta: { name: 'demo:browser', description: 'Builds the survey page and serves it on 127.0.0.1, until Ctrl-C.' },
  args: { port: { type: 'string', description: 'where to listen; default 4180, or the next free port' } },
  async run({ args }) {
    const port = args.port === undefined ? undefined : Number(args.port)
    if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
      console.error('--port: give a whole number from 1 to 65535.')
      process.exitCode = 2
      return
    }
    // A terminal's Ctrl-C comes twice: from the terminal, and passed on by what started this.
    const stopped = new Promise((resolve) => (['SIGINT', 'SIGTERM'] as const).forEach((signal) => process.on(signal, resolve)))
    const page = await servePage(port)
    console.log(`The questionnaire is at ${page.address}  (Ctrl-C stops it)
  1. Open it in two tabs. Send the pages in any order, some here, some there, then complete the questionnaire.
  2. Crash a tab while a task runs, and see another take over. Reload: everything is still there.
  3. Switch "Offline" on, or send a birthday that is not a date: tasks fail, and you can replay or skip them in any tab.`)
    await stopped
    await page.close()
    process.exit()
  },
})

await runTool(main)
