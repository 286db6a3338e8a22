// Runs a TypeScript entry: node tools/run.mjs NAME [arguments for it]
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { runNx } from './nx.mjs'
import { root, setup } from './setup.mjs'

/** From source, without a build. */
const FROM_SOURCE = ['--conditions=@triggerkit/source']
/** With our packages as their users get them: the loader of TypeScript names each closure, which costs a third of a transition's time. */
const BUILT = new Set(['bench'])

const [name = 'start', ...entryArguments] = process.argv.slice(2)
const entry = join(root, name === 'start' ? 'apps/replay/src/main.ts' : `tools/${name}/main.ts`)
if (!existsSync(entry)) {
  console.error(`There is nothing to run under the name "${name}": ${entry} does not exist.`)
  process.exit(1)
}

const asksForHelp = ['--help', '-h'].some((option) => entryArguments.includes(option))
const needsBuild = BUILT.has(name) && !asksForHelp

setup()
if (needsBuild) await build()

const conditions = needsBuild ? [] : FROM_SOURCE
// The parser of arguments colours its help even in a pipe.
const env = process.stdout.isTTY ? process.env : { NO_COLOR: '1', ...process.env }
const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), ...conditions, entry, ...entryArguments], { cwd: root, stdio: 'inherit', env })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1)
})

async function build() {
  const { code, output } = await runNx(['build'])
  if (code === 0) return
  console.error(output)
  process.exit(1)
}
