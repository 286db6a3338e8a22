import { tabs } from './index.js'

/*
 * What the sandboxed frame of a test loads, to which the browser denies locks: tells what became of the presence there, and then
 * that it still runs.
 */

const missing: string[] = []
const presence = tabs({ name: 'sandbox', logger: { warn: (message) => void missing.push(message) } })
const withdraw = await presence.announce('me')
const alive = await presence.alive(['me', 'other'])
await new Promise<void>((resolve) => {
  presence.whileSweeper(() => {
    resolve()
    return () => undefined
  })
})
await withdraw()
// What hangs does so in an endless row of microtasks: nothing is told then.
setTimeout(() => parent.postMessage({ alive, missing }, '*'), 100)
