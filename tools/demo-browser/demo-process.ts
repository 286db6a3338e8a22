import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const runner = fileURLToPath(new URL('../run.mjs', import.meta.url))

/** `npm run demo:browser`, as a user starts it. */
export interface DemoProcess {
  readonly address: string
  /** What it has printed so far. */
  printed(): string
  /** Presses Ctrl-C. @returns the exit code */
  stop(): Promise<number | null>
}

/** Starts the demonstration, and waits until it says where the page is. */
export async function startDemo(): Promise<DemoProcess> {
  // The tests' own settings are not a user's.
  const { NODE_ENV: _nodeEnv, VITEST: _vitest, ...env } = process.env
  const child = spawn(process.execPath, [runner, 'demo-browser'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  const ended = once(child, 'exit') as Promise<[code: number | null]>
  const address = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text
        const [found] = /http:\S+/.exec(printed) ?? []
        if (found !== undefined && printed.includes('3.')) resolve(found)
      })
    }
    void ended.then(([code]) => reject(new Error(`The demonstration ended with ${code}:\n${printed}`)))
  })
  const stop = async (): Promise<number | null> => {
    child.kill('SIGINT')
    return (await ended)[0]
  }
  return { address, printed: () => printed, stop }
}
