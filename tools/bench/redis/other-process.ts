import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A second process that fires in the same session when it is told to. */
export interface OtherProcess {
  fire(count: number): Promise<void>
  stop(): Promise<void>
}

export async function otherProcess(url: string, uid: string): Promise<OtherProcess> {
  const child = fork(fileURLToPath(new URL('./firing-process.ts', import.meta.url)), [url, uid], { execArgv: process.execArgv })
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', (code) => reject(new Error(`The firing process ended with ${String(code)}.`)))
  })
  ended.catch(() => undefined) // in the end it is meant to
  const said = (): Promise<void> => Promise.race([ended, new Promise<void>((resolve) => child.once('message', () => resolve()))])
  await said()
  return {
    async fire(count) {
      const done = said()
      child.send(count)
      await done
    },
    async stop() {
      child.disconnect()
      await ended.catch(() => undefined)
    },
  }
}
