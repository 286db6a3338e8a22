import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

import { root } from './setup.mjs'

/** Runs these targets of all projects; answers with the exit code and all that was printed. */
export function runNx(targets) {
  const nx = join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js')
  const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false', DO_NOT_TRACK: '1', FORCE_COLOR: '0' }
  const child = spawn(process.execPath, [nx, 'run-many', '--targets', targets.join(','), '--output-style=static'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (output += chunk))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output: stripVTControlCharacters(output) })))
}
