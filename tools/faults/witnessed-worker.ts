import { journalAt } from './journal.js'
import type { WorkerNews } from './worker.js'
import { witnessedApplication } from './witnessed-application.js'

// A worker's process that keeps a journal, and tells whoever started it when its tasks begin and end.
const [url = '', name = '', file = ''] = process.argv.slice(2)
const journal = journalAt(file)

// Without its run nobody would end it.
process.once('disconnect', () => process.exit())
await witnessedApplication({
  name,
  urls: { storage: url, queue: url },
  executes: true,
  commandTimeout: '10s',
  tell: (testimony) => {
    journal(testimony)
    const { kind } = testimony
    if (kind === 'began' || kind === 'ended') process.send?.({ ...testimony, what: kind } satisfies WorkerNews & { kind: string })
  },
}).start()
process.send?.({ what: 'started', uid: '', attempt: 0, at: Date.now() } satisfies WorkerNews)
