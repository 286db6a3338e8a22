import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A second process that fires in the same session when it is told to. */
export interface OtherProcess {
  fire(count: number): Promise<void>
  stop(): Promise<void>
}

export async function otherProcess(url: string, uid: string): Promise<OtherProcess> {
  const child = fork(fileURLToPath(new URL('./firing-process.ts', import.meta.url)), [url, uid], { execArgv: process.execArgv })
  const said = (): Promise<void> =>
    new Promise((resolve, reject) => {
      child.once('message', () => resolve())
      child.once('exit', (code) => reject(new Error(`The firing process ended with ${String(code)}.`)))
    })
  await said()
  return {
    async fire(count) {
      const done = said()
      child.send(count)
      await done
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.disconnect()
      await ended
    },
  }
}
