import { createTriggers, defineTask, type Triggers } from '@triggerkit/engine'
import { inlineRunner } from '@triggerkit/runners-inline'
import { indexedDbStorage } from '@triggerkit/storage-indexeddb'

import { tabs, type TabsOptions } from './index.js'

/*
 * What each tab of a test loads: `tab`, whose methods the test calls. Nothing leaves it but plain data.
 */

const CONFIGURATION = { t_work: { after: ['asked'], run: 'app.work' } }

const missing: string[] = []
const deaths: string[] = []
let sweeps = false
let turns = 0
let withdraw: (() => Promise<void>) | null = null
let stopSweeping: (() => void) | null = null
let triggers: Triggers | null = null
let release: (() => void) | null = null

const logger = { warn: (message: string) => void missing.push(message) }
const presenceOf = (options: Omit<TabsOptions, 'logger'>) => tabs({ ...options, logger })

/** The presence port alone. */
const presence = {
  async join(options: Omit<TabsOptions, 'logger'>, owner: string): Promise<void> {
    const port = presenceOf(options)
    port.onDeath((dead) => void deaths.push(dead))
    stopSweeping = port.whileSweeper(() => {
      sweeps = true
      turns += 1
      return () => {
        sweeps = false
      }
    })
    withdraw = await port.announce(owner)
    Object.assign(presence, { alive: (owners: readonly string[]) => port.alive(owners), again: () => port.announce(owner) })
  },
  state: () => ({ sweeps, turns, deaths: [...deaths], missing: [...missing] }),
  stopSweeping: () => stopSweeping?.(),
  withdraw: () => withdraw?.(),
}

/** A whole application: its tasks hold where the test says so, and tell who ran them. */
const application = {
  async start(options: Omit<TabsOptions, 'logger'>, { who, holds }: { readonly who: string; readonly holds: boolean }): Promise<void> {
    const work = defineTask('app.work', async () => {
      if (holds) await new Promise<void>((resolve) => (release = resolve))
      return { who }
    })
    triggers = createTriggers({
      storage: indexedDbStorage({ name: options.name }),
      runners: { inline: inlineRunner() },
      presence: presenceOf(options),
      tasks: [work],
      configuration: CONFIGURATION,
    })
    await triggers.start()
  },
  async fire(): Promise<void> {
    await triggers?.manager('s').fire('asked')
  },
  async work(): Promise<{ readonly status: string; readonly who: string | null } | null> {
    const instance = await triggers?.session('s').instance('t_work#0')
    if (instance === undefined) return null
    return { status: instance.status, who: (instance.result as { readonly who?: string } | null)?.who ?? null }
  },
  letGo: () => release?.(),
}

type Port = Pick<MessagePort, 'addEventListener' | 'postMessage'>
type Joining = Parameters<typeof presence.join>

let far: Worker | null = null

/** The presence port of a worker, which loads this file, too. */
const worker = {
  async join(...joining: Joining): Promise<void> {
    far = new Worker('/tab.js', { type: 'module' })
    await joinFar(far, joining)
  },
  async joinShared(...joining: Joining): Promise<void> {
    const { port } = new SharedWorker('/tab.js', { type: 'module', name: joining[1] })
    port.start()
    await joinFar(port, joining)
  },
  terminate: () => far?.terminate(),
}

async function joinFar(port: Port, joining: Joining): Promise<void> {
  const answer = (): Promise<unknown> => new Promise((resolve) => port.addEventListener('message', resolve, { once: true }))
  await answer()
  port.postMessage(joining)
  await answer()
}

/** The worker's half. */
function serve(port: Port): void {
  port.addEventListener('message', ({ data }: MessageEvent<Joining>) => {
    void presence.join(...data).then(() => port.postMessage('joined'))
  })
  port.postMessage('ready')
}

Object.assign(globalThis, { tab: { presence, application, worker } })

if ('onconnect' in globalThis) {
  globalThis.addEventListener('connect', (event) => {
    const [port] = (event as MessageEvent).ports as [MessagePort]
    serve(port)
    port.start()
  })
} else if (globalThis.document === undefined) serve(globalThis as unknown as Port)
