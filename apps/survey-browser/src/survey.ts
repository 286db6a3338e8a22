import type { JsonObject, Logger } from '@triggerkit/contracts'
import { createTriggers, type TriggerManager, type Triggers } from '@triggerkit/engine'
import { FinalizingTriggerManager } from '@triggerkit/managers-finalizing'
import { webWorkerRunner } from '@triggerkit/runners-web-worker'
import { indexedDbStorage, type IndexedDbStorage } from '@triggerkit/storage-indexeddb'
import { tabs } from '@triggerkit/tabs'

import { TabWatch } from './tab-watch.js'
import { questionnaire } from './workflow/configurations.js'
import type { Form, Responses } from './workflow/forms.js'

/** Names the database and the tabs' locks within the origin. */
const NAME = 'survey'

/** The uid of the one session that all tabs show. */
export const UID = 'questionnaire:me'

/** The application, the same in every tab. */
export interface Survey {
  readonly storage: IndexedDbStorage
  /** Keeps the session while one from a file takes its place. */
  readonly aside: IndexedDbStorage
  readonly triggers: Triggers
  readonly tab: TabWatch
  readonly questionnaire: Questionnaire
}

/** Composes the application of this tab. Nothing is opened or started yet. */
export function createSurvey(logger: Logger, onBlocked: () => void): Survey {
  const storage = indexedDbStorage({ name: NAME, persist: true, onBlocked })
  const aside = indexedDbStorage({ name: `${NAME}-aside` })
  const tab = new TabWatch(tabs({ name: NAME, logger }), storage)
  const spawn = () => new Worker(new URL('./tasks.worker.ts', import.meta.url), { type: 'module', name: tab.name })
  const triggers = createTriggers({
    storage,
    runners: { worker: webWorkerRunner({ spawn, key: 'worker' }) },
    managers: { finalizing: FinalizingTriggerManager },
    manager: 'finalizing',
    configuration: questionnaire,
    presence: tab,
    logger,
  })
  return { storage, aside, triggers, tab, questionnaire: new Questionnaire(triggers.manager(UID)) }
}

/** What happens to the questionnaire, as the page hears of it. */
export class Questionnaire {
  readonly manager: TriggerManager

  constructor(manager: TriggerManager) {
    this.manager = manager
  }

  /** Makes the session, with its configuration, if there is none. */
  async begin(): Promise<void> {
    const { exists } = await this.manager.metadata()
    if (!exists) await this.manager.updateConfiguration({})
  }

  /** A page came in: told twice, in one change, as every page and as that one. */
  async pageReceived({ page, trigger }: Form, responses: Responses, userAgent: string): Promise<void> {
    const kwargs = { page, responses, userAgent }
    await this.manager.transaction((transaction) => {
      transaction.fire('pageReceived', kwargs)
      transaction.fire(trigger, kwargs)
    })
  }

  async completed(): Promise<void> {
    await this.manager.fire('questionnaireComplete')
  }

  async embedded(): Promise<void> {
    await this.manager.fire('isEmbedded')
  }

  /** The network went or came. With it comes what failed without: in the same change, so that no crash falls between. */
  async networkChanged(online: boolean): Promise<void> {
    const failed = online ? await this.#failedSubmissions() : []
    await this.manager.transaction((transaction) => {
      transaction.fire('networkChanged', { online })
      for (const name of failed) transaction.replayFailedInstance(name)
    })
  }

  /** Runs a failed instance again, with other kwargs if they are given. */
  async replay(instance: string, kwargs: JsonObject | null): Promise<void> {
    await this.manager.replayFailedInstance(instance, kwargs)
  }

  /** Does without a failed instance; what waits for its task goes on. */
  async skip(instance: string): Promise<void> {
    await this.manager.skipFailedInstance(instance, { cascade: true })
  }

  async #failedSubmissions(): Promise<readonly string[]> {
    const unresolved = await this.manager.unresolvedInstances()
    return unresolved.filter(({ task, status }) => task === 't_submit' && status === 'failed').map(({ name }) => name)
  }
}
