import type { Redis } from 'ioredis'

import type { Variant } from '../measure.js'

/** The calls that one operation makes, as the server counts them: what a script does inside is none. */
export async function commandsOf(client: Redis, { prepare, settle }: Variant, operations: number): Promise<number> {
  const run = await prepare(operations)
  const before = await calls(client)
  for (let index = 0; index < operations; index += 1) await run(index)
  await settle?.()
  return ((await calls(client)) - before - OWN_CALLS) / operations
}

/** The bytes that one operation sends to the server. */
export async function bytesOf(client: Redis, { prepare }: Variant, operations: number): Promise<number> {
  const run = await prepare(operations)
  const before = await statistic(client, 'total_net_input_bytes')
  for (let index = 0; index < operations; index += 1) await run(index)
  return ((await statistic(client, 'total_net_input_bytes')) - before) / operations
}

/** The call that looks. */
const OWN_CALLS = 1

async function calls(client: Redis): Promise<number> {
  const scripts = (await client.info('commandstats')).matchAll(/^cmdstat_([a-z|]+):calls=(\d+)/gm)
  // Commands inside a script are counted, too; from outside come scripts, and what would be a mistake.
  const outside = new Set(['evalsha', 'eval', 'watch', 'keys', 'scan', 'multi', 'info'])
  return [...scripts].reduce((sum, [, command, count]) => (outside.has(command as string) ? sum + Number(count) : sum), 0)
}

async function statistic(client: Redis, name: string): Promise<number> {
  const [, value] = new RegExp(`^${name}:(\\d+)`, 'm').exec(await client.info('stats')) ?? []
  return Number(value)
}
