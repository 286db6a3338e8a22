import type { Logger } from '@triggerkit/contracts'
import { createTriggers } from '@triggerkit/engine'
import type { TriggerManager, Triggers } from '@triggerkit/engine'
import { inlineRunner } from '@triggerkit/runners-inline'
import { workerThreadsRunner } from '@triggerkit/runners-worker-threads'
import { MemoryStore, memoryStorage } from '@triggerkit/storage-memory'

/* An application whose tasks run in threads. It prints what became of each, as JSON, and ends by itself. */

const store = new MemoryStore()
const logged: string[] = []
const silent = (): void => undefined
let onBegun = silent
const logger: Logger = { debug: silent, info: () => onBegun(), warn: (message) => void logged.push(message), error: (message) => void logged.push(message) }

async function became(manager: TriggerManager): Promise<Record<string, unknown>> {
  const instances = await manager.instances()
  return Object.fromEntries(instances.map(({ name, status, result, error }) => [name, { status, result, code: error?.code ?? null }]))
}

/** Begins a task that never ends, and resolves once it runs. */
async function begunEndless(triggers: Triggers, uid: string): Promise<TriggerManager> {
  const manager = triggers.manager(uid)
  const begun = new Promise<void>((resolve) => (onBegun = resolve))
  await manager.updateConfiguration({ t_endless: { after: ['go'], run: 'app.endless' } })
  await manager.fire('go')
  await begun
  return manager
}

async function main(): Promise<void> {
  const threads = workerThreadsRunner({ tasks: new URL('./tasks.js', import.meta.url), threads: 2, grace: 50 })
  const triggers = createTriggers({ storage: memoryStorage({ store }), runners: { 'worker-threads': threads }, logger })
  await triggers.start()

  const manager = triggers.manager('all')
  const runs = ['score', 'spam', 'retried', 'skipped', 'looping', 'exiting', 'notJson']
  const tasks = Object.fromEntries(runs.map((run) => [`t_${run}`, { after: ['answered'], run: `app.${run}` }]))
  await manager.updateConfiguration({ ...tasks, t_react: { after: ['scored'], run: 'app.react' } })
  await manager.fire('answered')
  await triggers.settled('all')
  const all = await became(manager)
  const spam = (await manager.instance('t_spam#0')).error
  await manager.updateConfiguration({ t_unknown: { after: ['asked'], run: 'app.nobodys' } })
  const refused = await manager.fire('asked').catch((error: { code: string }) => error.code)

  const cancelled = await begunEndless(triggers, 'cancelled')
  await cancelled.cancelInstance('t_endless#0')
  await triggers.idle()

  await begunEndless(triggers, 'left')
  await triggers.close({ drain: false })
  const later = createTriggers({ storage: memoryStorage({ store }), runners: { inline: inlineRunner() } })
  const left = await became(later.manager('left'))
  console.log(JSON.stringify({ all, spam, refused, cancelled: await became(later.manager('cancelled')), left, logged }))
  await later.close()
}

await main()
