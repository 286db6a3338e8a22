import type { JsonObject } from '@triggerkit/contracts'

import { crashTab } from './crash.js'
import { loadSession, saveSession } from './session-file.js'
import { UID, type Survey } from './survey.js'
import type { Actions, Model } from './view/model.js'
import { faultOf } from './faults.js'

/** A browser of 1993. */
const UNKNOWN_BROWSER = 'Mosaic/0.9'

/** The page's model, and how it is changed. */
export interface Store {
  readonly model: () => Model
  readonly update: (change: Partial<Model>) => void
}

/** What a user can do, carried out on the survey. What came of it is told, and so is what went wrong. */
export function actionsOf(survey: Survey, { model, update }: Store): Actions {
  const { questionnaire, triggers } = survey
  const attempt = (deed: Promise<void>, done: string): void => {
    deed.then(
      () => update({ notice: done, fault: null }),
      (error: unknown) => update({ fault: faultOf(error) }),
    )
  }
  const startAnew = async (): Promise<void> => {
    await triggers.delete(UID)
    await questionnaire.begin()
  }
  return {
    sendPage: (form, responses) => {
      const userAgent = model().unknownBrowser ? UNKNOWN_BROWSER : navigator.userAgent
      attempt(questionnaire.pageReceived(form, responses, userAgent), `Page ${form.page} was received.`)
    },
    complete: () => attempt(questionnaire.completed(), 'The questionnaire is complete.'),
    embed: () => attempt(questionnaire.embedded(), 'Noted: it is embedded.'),
    setOnline: (online) => attempt(questionnaire.networkChanged(online), online ? 'The network is back.' : 'The network is off.'),
    setUnknownBrowser: (unknownBrowser) => update({ unknownBrowser }),
    replay: ({ name }, kwargs) => attempt(questionnaire.replay(name, kwargs === null ? null : (JSON.parse(kwargs) as JsonObject)), `${name} is being replayed.`),
    skip: ({ name }) => attempt(questionnaire.skip(name), `${name} was skipped.`),
    startAnew: () => attempt(startAnew(), 'Started over.'),
    save: () => attempt(saveSession(survey), 'Saved to a file.'),
    load: (file) => attempt(loadSession(survey, file), `${file.name} was loaded.`),
    crash: () => {
      crashTab()
      update({ notice: 'This browser survived it. Close the tab instead: to the other tabs that is the same.' })
    },
    dismiss: () => update({ fault: null }),
  }
}
