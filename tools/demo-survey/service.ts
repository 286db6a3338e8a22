import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { within } from '@triggerkit/tool-services'

const ENTRIES = {
  web: new URL('../../apps/survey-node/src/web/main.ts', import.meta.url),
  worker: new URL('../../apps/survey-node/src/worker/main.ts', import.meta.url),
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FROM_SOURCE = ['--import', 'tsx', '--conditions=@triggerkit/source']

/** How long a process may take to say that it is ready, and to end, in milliseconds. */
const PATIENCE = 30_000

/** A process of the service. */
export interface ServiceProcess {
  readonly pid: number
  /** What it said when it was ready: a web process its address. */
  readonly ready: string
  /** Asks it to stop, and waits until it has. */
  stop(): Promise<void>
  /** Ends it as a crash would. */
  kill(): Promise<void>
}

/** Starts a process of the service and waits until it is ready. Its log goes to this process's standard error if `loud`. */
export async function startProcess(part: keyof typeof ENTRIES, variables: Readonly<Record<string, string>>, loud = false): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [...FROM_SOURCE, fileURLToPath(ENTRIES[part])], {
    cwd: ROOT,
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', loud ? 'inherit' : 'ignore'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await within(PATIENCE, ended, `process ${child.pid} ends`)
  }
  try {
    const ready = await within(PATIENCE, firstLine(child, part), `a ${part} process is ready`)
    return { pid: child.pid as number, ready, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
  } catch (error) {
    await end('SIGKILL')
    throw error
  }
}

function firstLine(child: ChildProcess, part: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes('\n')) resolve(said.slice(0, said.indexOf('\n')))
    })
    child.once('exit', (code) => reject(new Error(`A ${part} process ended with ${String(code)} before it was ready; run it with SURVEY_LOG_LEVEL=debug.`)))
  })
}
