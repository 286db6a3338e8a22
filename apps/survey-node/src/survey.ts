import type { Logger } from '@triggerkit/contracts'
import { createTriggers } from '@triggerkit/engine'
import type { FireAnswer, TriggerManager, Triggers } from '@triggerkit/engine'

import { managersOf, runnerOf, storageOf } from './adapters.js'
import type { Settings } from './settings.js'
import { pageOf } from './workflow/configurations.js'
import type { Page } from './workflow/forms.js'
import { applicantUid, questionnaireUid } from './workflow/sessions.js'
import type { QuestionnaireId } from './workflow/sessions.js'
import { tasks } from './workflow/tasks.js'

/** The application behind the service, the same in web processes and in workers: only workers start it. */
export function createSurvey(settings: Settings, logger: Logger): Triggers {
  const { runner } = settings
  return createTriggers({ storage: storageOf(settings), runners: { [runner]: runnerOf(settings) }, managers: managersOf(settings), manager: 'questionnaire', tasks, logger })
}

/** A questionnaire's events, as the web hears of them. */
export class Questionnaire {
  readonly id: QuestionnaireId
  readonly manager: TriggerManager
  readonly #applicant: TriggerManager

  constructor(triggers: Triggers, id: QuestionnaireId) {
    this.id = id
    this.manager = triggers.manager(questionnaireUid(id))
    this.#applicant = triggers.manager(applicantUid(id.applicant), { manager: 'applicant' })
  }

  /**
   * A page came in. It is told to the questionnaire and to the applicant's session, each under the caller's idempotency
   * key: a repetition finds what was done, and does what was not.
   */
  async pageReceived(page: Page, key: string): Promise<readonly FireAnswer[]> {
    const fires = await this.manager.transaction((transaction) => {
      const every = transaction.fire('pageReceived', page, { id: `${key}/page` })
      return page.page === 1 ? [every, transaction.fire('firstPageReceived', page, { id: `${key}/first` })] : [every]
    })
    await this.#applicant.fire(pageOf(this.id.kind, page.page), {}, { id: `${key}/${this.id.kind}` })
    return fires
  }

  async completed(key: string): Promise<FireAnswer> {
    return this.manager.fire('questionnaireComplete', {}, { id: `${key}/complete` })
  }

  async embedded(key: string): Promise<FireAnswer> {
    return this.manager.fire('isEmbedded', {}, { id: `${key}/embedded` })
  }
}
