import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { startLossyProxy, startRedis } from '@triggerkit/tool-services'
import { build } from 'esbuild'
import { afterAll, expect, it } from 'vitest'

import { redisStorage } from './index.js'

const LIMIT = 120_000
const LONGEST_RUN = 100_000
const PROCESSES = 20

/** What each process is: an application that fires, with ids of its own, and knows nothing of the others. */
const PROGRAM = `
  import { createTriggers, defineTask } from '@triggerkit/engine'
  import { inlineRunner } from '@triggerkit/runners-inline'
  import { redisStorage } from '@triggerkit/storage-redis'

  async function fireAll({ url, prefix, uids, fires, name }) {
    const triggers = createTriggers({
      storage: redisStorage({ url, prefix, logger: { debug() {}, info() {}, warn() {}, error() {} } }),
      runners: { inline: inlineRunner() },
      tasks: [defineTask('app.count', () => ({}))],
      configuration: { t_count: { after: [], andEvery: 'event', run: 'app.count' } },
      commandTimeout: '90s',
    })
    const fire = (uid, index) => triggers.manager(uid).fire('event', { name, index }, { id: name + '-' + index })
    for (let index = 0; index < fires; index += 1) {
      for (let from = 0; from < uids.length; from += 50) await Promise.all(uids.slice(from, from + 50).map((uid) => fire(uid, index)))
    }
    await triggers.close()
  }

  fireAll(JSON.parse(process.argv[2])).catch((error) => {
    console.error(error)
    process.exit(1)
  })
`

interface Orders {
  readonly url: string
  readonly prefix: string
  readonly uids: readonly string[]
  readonly fires: number
}

const folder = await mkdtemp(join(tmpdir(), 'triggerkit-processes-'))
const program = join(folder, 'program.cjs')
await build({
  stdin: { contents: PROGRAM, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  outfile: program,
  conditions: ['@triggerkit/source'],
})
const redis = await startRedis({ settings: { appendfsync: 'everysec' } })
const proxy = await startLossyProxy(redis.port)
const storage = redisStorage({ url: redis.url, prefix: 'test', logger: { debug() {}, info() {}, warn() {}, error() {} } })
afterAll(async () => {
  await storage.close()
  await proxy.stop()
  await redis.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Runs one process until it ends; rejects with what it said if it failed. */
function run(orders: Orders, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, JSON.stringify({ ...orders, name })], { stdio: ['ignore', 'ignore', 'pipe'], timeout: LONGEST_RUN, killSignal: 'SIGKILL' })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code, signal) => (code === 0 ? resolve() : reject(new Error(`${name} ended with ${signal ?? code}: ${said}`))))
  })
}

/** The ids of a session's firings, and how many instances they made. */
async function outcomeOf(uid: string): Promise<{ readonly firings: readonly string[]; readonly instances: number; readonly number: number }> {
  const { session } = await storage.load(uid)
  const { records } = await storage.list(uid, { prefix: 'f/', limit: 10_000 })
  const instances = [...(session?.working.keys() ?? [])].filter((key) => key.startsWith('i/')).length
  return { firings: [...records.keys()].map((key) => key.slice(2)), instances, number: session?.version.number ?? 0 }
}

const names = Array.from({ length: PROCESSES }, (_, index) => `process${String(index).padStart(2, '0')}`)

function expectedIds(fires: number): readonly string[] {
  return names.flatMap((name) => Array.from({ length: fires }, (_, index) => `${name}-${index}`)).sort()
}

it('20 processes that fire at one session, while replies are lost, lose and double nothing, and versions have no gaps', { timeout: LIMIT }, async () => {
  const told: number[] = []
  const unwatch = storage.watch('hot', (version) => told.push(version?.number ?? -1))
  const orders = { url: `redis://127.0.0.1:${proxy.port}`, prefix: 'test', uids: ['hot'], fires: 10 }
  proxy.loseReplies({ every: 50 })

  await Promise.all(names.map((name) => run(orders, name)))
  unwatch()

  const { firings, instances, number } = await outcomeOf('hot')
  expect(firings).toEqual(expectedIds(10))
  expect(instances).toBe(PROCESSES * 10)
  expect(proxy.lost).toBeGreaterThan(0)
  expect(told).toEqual(Array.from({ length: told.length }, (_, index) => number - told.length + 1 + index))
  expect(told.length).toBeGreaterThan(PROCESSES)
})

it('20 processes that fire at 500 sessions lose and double nothing', { timeout: LIMIT }, async () => {
  const uids = Array.from({ length: 500 }, (_, index) => `s${index}`)

  // Some begin together, and all meet the others' commits on their way.
  const turned = (by: number): readonly string[] => [...uids.slice(by), ...uids.slice(0, by)]
  await Promise.all(names.map((name, index) => run({ url: redis.url, prefix: 'test', uids: turned((index % 5) * 100), fires: 1 }, name)))

  const outcomes = await Promise.all(uids.map(outcomeOf))
  expect(outcomes.map(({ firings, instances }) => ({ firings, instances }))).toEqual(uids.map(() => ({ firings: expectedIds(1), instances: PROCESSES })))
  for (const { number } of outcomes) expect(number).toBeLessThanOrEqual(PROCESSES)
})
