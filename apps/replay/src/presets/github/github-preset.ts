import type { ReplayEvent } from '../../event.js'
import type { Preset } from '../../preset.js'
import { count } from '../../printable.js'
import { DATA_PACKAGE, dataVersion, readDeliveries, type Delivery } from './deliveries.js'
import { issueTasks } from './issue-tasks.js'
import { organisationTasks } from './organisation-tasks.js'
import { pullRequestTasks } from './pull-request-tasks.js'
import { repositoryTasks } from './repository-tasks.js'
import { sessionsOf } from './sessions-of.js'
import { triggersOf } from './triggers-of.js'

/** What a team may want to happen around its repositories, tried on recorded webhook payloads. */
export async function githubPreset(): Promise<Preset> {
  const deliveries = await readDeliveries()
  const events = deliveries.flatMap(eventsOf).map((event, index) => ({ ...event, line: index + 1 }))
  return {
    title: `${count(deliveries.length, 'payload')} of ${DATA_PACKAGE} ${await dataVersion()}`,
    configuration: new URL('./configuration.jsonc', import.meta.url),
    tasks: [...pullRequestTasks, ...issueTasks, ...repositoryTasks, ...organisationTasks],
    events: stream(events),
    total: events.length,
  }
}

/** One event for each trigger in each session of a payload. The ids make a payload that is delivered twice count once. */
function eventsOf(delivery: Delivery): readonly Omit<ReplayEvent, 'line'>[] {
  const triggers = triggersOf(delivery)
  return sessionsOf(delivery).flatMap(({ uid, kind }, place) =>
    triggers.map((trigger, index) => ({
      session: uid,
      kind,
      trigger,
      kwargs: delivery.payload,
      id: `${delivery.id}:${trigger}`,
      opensPayload: place === 0 && index === 0,
    })),
  )
}

async function* stream<TItem>(items: readonly TItem[]): AsyncGenerator<TItem> {
  yield* items
}
