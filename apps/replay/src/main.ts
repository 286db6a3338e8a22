// npm start: replays events through a workflow. What it can be given: npm start -- --help
import { run } from './command.js'
import { createInterrupts } from './interrupts.js'

const now = (): number => performance.now()
const { stop, giveUp, interrupt } = createInterrupts(now)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt)

// Whoever read the output has gone, as `head` does: nobody is left to tell.
process.stdout.on('error', () => process.exit())
// Messages that nobody reads any more are let go: the summary may still be read.
process.stderr.on('error', () => undefined)

const { argv, env, stdin, stdout, stderr } = process
process.exitCode = await run({ args: argv.slice(2), env, folder: process.cwd(), stdin, stdout, stderr, stop, giveUp, now })

// A task that never ends, or an input left open, would keep the process; what was written is let out first.
stdout.write('', () => stderr.write('', () => process.exit()))
