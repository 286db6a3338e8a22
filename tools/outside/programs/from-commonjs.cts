// A program of the older module system: `require` loads the packages, which are ES modules.
import engine = require('@triggerkit/engine')
import inline = require('@triggerkit/runners-inline')
import memory = require('@triggerkit/storage-memory')

async function main(): Promise<void> {
  const triggers = engine.createTriggers({
    storage: memory.memoryStorage(),
    runners: { inline: inline.inlineRunner() },
    tasks: [engine.defineTask('app.greet', () => ({}))],
    configuration: { t_greet: { after: ['met'], run: 'app.greet' } },
  })
  await triggers.start()
  await triggers.manager('guest:1').fire('met')
  await triggers.settled('guest:1')
  console.log((await triggers.session('guest:1').instance('t_greet#0')).status)
  await triggers.close()
}

void main()
