import { createTriggers, type Triggers } from '@triggerkit/engine'
import { inlineRunner } from '@triggerkit/runners-inline'
import { indexedDbStorage } from '@triggerkit/storage-indexeddb'

const UID = 'applicant:1'
const PAGE = 500

let triggers: Triggers | undefined
let storage: ReturnType<typeof indexedDbStorage> | undefined

/** Composes the application of one tab. It fires only. */
export function compose({ name }: { name: string }): void {
  storage = indexedDbStorage({ name })
  triggers = createTriggers({ storage, runners: { inline: inlineRunner() }, commandTimeout: '60s' })
}

/** Fires one trigger many times, `atOnce` at a time, each with kwargs of its own. */
export async function fireMany({ tab, times, atOnce }: { tab: number; times: number; atOnce: number }): Promise<void> {
  const manager = (triggers as Triggers).manager(UID)
  for (let index = 0; index < times; index += atOnce) {
    await Promise.all(Array.from({ length: Math.min(atOnce, times - index) }, (_, ahead) => manager.fire('pageReceived', { tab, index: index + ahead })))
  }
}

/** What this tab sees of the session in the end: its version, the latest kwargs, and the kwargs of every firing as text. */
export async function seen(): Promise<{ number: number | undefined; working: readonly unknown[]; firings: readonly string[] }> {
  const { session } = await (storage as NonNullable<typeof storage>).load(UID)
  return { number: session?.version.number, working: [...(session?.working ?? [])], firings: await allFirings() }
}

async function allFirings(): Promise<readonly string[]> {
  const firings: string[] = []
  for (let after: string | undefined; ; ) {
    const { records, more } = await (storage as NonNullable<typeof storage>).list(UID, { prefix: 'f/', limit: PAGE, ...(after === undefined ? {} : { after }) })
    for (const record of records.values()) firings.push(JSON.stringify((record as { payload?: unknown }).payload))
    if (!more) return firings
    after = [...records.keys()].at(-1)
  }
}
