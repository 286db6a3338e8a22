// Runs a TypeScript entry from source, without a build: node tools/run.mjs NAME [arguments for it]
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { root, setup } from './setup.mjs'

const [name = 'start', ...entryArguments] = process.argv.slice(2)
const entry = join(root, name === 'start' ? 'apps/replay/src/main.ts' : `tools/${name}/main.ts`)
if (!existsSync(entry)) {
  console.error(`There is nothing to run under the name "${name}": ${entry} does not exist.`)
  process.exit(1)
}

setup()

const child = spawn(
  process.execPath,
  ['--import', import.meta.resolve('tsx'), '--conditions=@triggerkit/source', entry, ...entryArguments],
  { cwd: root, stdio: 'inherit' },
)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1)
})
