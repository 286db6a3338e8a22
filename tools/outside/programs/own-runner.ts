// A runner of one's own, chosen by its key: tasks run in another process, which has nothing of Triggerkit.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { createTriggers } from '@triggerkit/engine'
import { createRegistries } from '@triggerkit/registry'
import { memoryStorage } from '@triggerkit/storage-memory'

import { lambdaRunnerDescriptor, type LambdaRunnerOptions } from './lambda-runner.js'

async function invoke(payload: string): Promise<string> {
  const cloud = spawn(process.execPath, [fileURLToPath(new URL('./lambda-function.js', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] })
  cloud.stdin.end(payload)
  return text(cloud.stdout)
}

const { runners } = createRegistries([[lambdaRunnerDescriptor]])
const options: LambdaRunnerOptions = { invoke, functions: ['cloud.resize', 'cloud.refuse'] }
const triggers = createTriggers({
  storage: memoryStorage(),
  runners: { lambda: runners.get('lambda', options) },
  configuration: {
    t_resize: { after: ['uploaded', 'approved'], run: 'cloud.resize' },
    t_refuse: { after: ['t_resize'], run: 'cloud.refuse' },
  },
})

await triggers.start()
const manager = triggers.manager('picture:1')
await manager.fire('approved')
await manager.fire('uploaded', { file: 'cat.png' })
await triggers.settled('picture:1')
const resized = await manager.instance('t_resize#0')
const refused = await manager.instance('t_refuse#0')
const { thumbnail, process: ranIn } = resized.result as { thumbnail: string; process: number }
console.log(resized.status, thumbnail, ranIn === process.pid ? 'here' : 'elsewhere')
console.log(refused.status, refused.error?.type, refused.error?.message)
await triggers.close()
