// A storage of one's own, chosen by its key: a session survives the application that began it.
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { parseScenarios, scenarioSuite, storageSuite } from '@triggerkit/conformance'
import { createTriggers, defineTask } from '@triggerkit/engine'
import { createRegistries } from '@triggerkit/registry'
import { inlineRunner } from '@triggerkit/runners-inline'

import { fileStorage, fileStorageDescriptor } from './file-storage.js'

const folder = mkdtempSync(join(tmpdir(), 'triggerkit-file-'))
const path = join(folder, 'sessions.ndjson')
const { storages } = createRegistries([[fileStorageDescriptor]])

function open() {
  return createTriggers({
    storage: storages.get('file', { path }),
    runners: { inline: inlineRunner() },
    tasks: [defineTask('app.welcome', ({ triggerKwargs }) => ({ sentTo: triggerKwargs['signedUp']?.['email'] ?? null }))],
    configuration: { t_welcome: { after: ['signedUp', 'emailVerified'], run: 'app.welcome' } },
  })
}

const before = open()
await before.manager('user:42').fire('signedUp', { email: 'a@b.c' })
await before.close()
// What a process leaves that ends amid a write.
appendFileSync(path, '{"uid":"user:42","comm')

const after = open()
await after.start()
await after.manager('user:42').fire('emailVerified')
await after.settled('user:42')
await after.close()

const later = open()
const { status, result } = await later.session('user:42').instance('t_welcome#0')
console.log(status, JSON.stringify(result))
await later.close()

// What every storage must keep, this one keeps, too; time is the program's, so that leases end at once.
const { resolve } = createRequire(import.meta.url)
const scenarios = parseScenarios(readFileSync(resolve('@triggerkit/conformance/scenarios/reference-tests.json'), 'utf8'), 'reference-tests.json')
let places = 0
const environment = {
  descriptor: fileStorageDescriptor,
  sequences: 10,
  place: () => {
    const file = join(folder, `place-${(places += 1)}.ndjson`)
    let now = 1_700_000_000_000
    return { open: () => fileStorage({ path: file, now: () => now }), wait: async (milliseconds: number) => void (now += milliseconds) }
  },
}
let kept = 0
for (const { id, skipped, run } of [...storageSuite(environment), ...scenarioSuite(environment, scenarios)]) {
  if (skipped !== null) continue
  try {
    await run()
    kept += 1
  } catch (error) {
    console.log(`${id}: ${String(error)}`)
  }
}
console.log('promises kept:', kept > 50 ? 'more than fifty' : kept)
rmSync(folder, { recursive: true })
