import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { useRedis } from '@triggerkit/tool-services'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const recorded = join(root, 'packages/conformance/scenarios/reference-tests.json')
let folder: string
/** The first recorded scenario, and the same with an expectation that nothing meets. */
const files = { kept: '', broken: '' }

beforeAll(async () => {
  await mkdir(join(root, 'reports'), { recursive: true })
  folder = await mkdtemp(join(root, 'reports', 'conformance-'))
  const suite = JSON.parse(await readFile(recorded, 'utf8')) as { scenarios: { steps: { expect: object }[] }[] }
  suite.scenarios.length = 1
  files.kept = await write('kept.json', suite)
  ;(suite.scenarios[0]?.steps[0] as { expect: object }).expect = { answer: 'nothing like it' }
  files.broken = await write('broken.json', suite)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function write(name: string, content: unknown): Promise<string> {
  await writeFile(join(folder, name), JSON.stringify(content))
  return join(folder, name)
}

/** What `npm run conformance -- …` prints, and its exit code. */
function conformance(args: readonly string[], environment: NodeJS.ProcessEnv = { INIT_CWD: root }): Promise<{ readonly code: unknown; readonly said: string }> {
  const command = ['--import', import.meta.resolve('tsx'), '--conditions=@triggerkit/source', join(root, 'tools/conformance/main.ts'), ...args]
  const options = { cwd: root, timeout: 100_000, env: { ...process.env, ...environment } }
  return new Promise((resolve) => {
    execFile(process.execPath, command, options, (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, said: stdout + stderr }))
  })
}

describe('npm run conformance', () => {
  it.each(['memory', 'redis', 'redis-cluster'])('replays a file on %s', async (storage) => {
    const { code, said } = await conformance([files.kept, '--storage', storage])

    expect(said).toBe('1 passed, 0 failed\n')
    expect(code).toBe(0)
  }, 120_000)

  it('tells what differs on Redis, and fails', async () => {
    const { code, said } = await conformance([files.kept, files.broken, '--storage', 'redis'])

    expect(said).toContain('step 1, ')
    expect(said).toMatch(/1 passed, 1 failed\n$/)
    expect(code).toBe(1)
  }, 120_000)

  it('leaves nothing on the server that REDIS_URL names', async () => {
    const redis = await useRedis()
    const client = new Redis(redis.url)

    const { said } = await conformance([files.kept, '--storage', 'redis'], { REDIS_URL: redis.url })
    const left = await client.keys('conformance-*')

    client.disconnect()
    await redis.stop()
    expect(said).toBe('1 passed, 0 failed\n')
    expect(left).toEqual([])
  }, 120_000)

  it('finds a file from the folder in which the command was given', async () => {
    const { code, said } = await conformance(['kept.json'], { INIT_CWD: folder })

    expect(said).toBe('1 passed, 0 failed\n')
    expect(code).toBe(0)
  }, 60_000)

  it('names what it can not read', async () => {
    const { code, said } = await conformance([folder])

    expect(said).toContain(`${folder} can't be read: `)
    expect(code).toBe(2)
  }, 60_000)

  it('refuses an option that it does not know, rather than replaying elsewhere', async () => {
    const { code, said } = await conformance([files.kept, '--storge=redis'])

    expect(said).toContain('Unknown option --storge.')
    expect(code).toBe(2)
  }, 60_000)

  it('names the storages that are known, for one that is not', async () => {
    const { code, said } = await conformance([files.kept, '--storage', 'rediss'])

    expect(said).toContain('Known: "memory", "redis", "redis-cluster".')
    expect(code).toBe(2)
  }, 60_000)
})
