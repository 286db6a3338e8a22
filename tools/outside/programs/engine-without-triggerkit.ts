// Engine, storage and runner picked one by one, without the package that has them all.
import { createTriggers, defineTask } from '@triggerkit/engine'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'

const greet = defineTask('app.greet', ({ triggerKwargs }) => ({ greeted: triggerKwargs['met']?.['name'] ?? null }))
const triggers = createTriggers({
  storage: memoryStorage(),
  runners: { inline: inlineRunner() },
  tasks: [greet],
  configuration: { t_greet: { after: ['met', 'seated'], run: 'app.greet' } },
})

await triggers.start()
await triggers.manager('guest:1').fire('seated')
await triggers.manager('guest:1').fire('met', { name: 'Ada' })
await triggers.settled('guest:1')
const { status, result } = await triggers.session('guest:1').instance('t_greet#0')
console.log(status, JSON.stringify(result))
await triggers.close()
