import type { Logger } from '@triggerkit/contracts'
import { render } from 'lit-html'

import { actionsOf, type Store } from './actions.js'
import { faultOf } from './faults.js'
import { keepOfflineCopy } from './offline-copy.js'
import { putBack } from './session-file.js'
import { watchSession } from './session-state.js'
import { createSurvey, UID } from './survey.js'
import type { Model } from './view/model.js'
import { pageView } from './view/page.js'
import './style.css'

/** How long it is told what was done, in milliseconds. */
const TOLD_FOR = 6_000
/** How often the tabs that live are looked up, in milliseconds. */
const LOOK_AT_TABS = 1_000

let model: Model = { session: null, tabs: { name: '', sweeps: false, living: [] }, kept: null, unknownBrowser: false, fault: null, notice: '' }

const store: Store = {
  model: () => model,
  update: (change) => {
    model = { ...model, ...change }
    paint()
    if (change.notice !== undefined) forgetLater(change.notice)
  },
}

// Warnings are for whoever uses the page, too: that a browser lacks something, or that this tab was held up for long.
const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message, meta) => {
    console.warn(message, meta)
    store.update({ notice: message })
  },
  error: (message, meta) => {
    console.error(message, meta)
    store.update({ notice: message })
  },
}

function forgetLater(notice: string): void {
  if (notice !== '') setTimeout(() => model.notice === notice && store.update({ notice: '' }), TOLD_FOR)
}

const failed = (error: unknown): void => store.update({ fault: faultOf(error) })
const survey = createSurvey(logger, () => store.update({ notice: 'Another tab still has an older release open. Close or reload it.' }))
const actions = actionsOf(survey, store)

function paint(): void {
  render(pageView(model, actions), document.body)
}

paint()
try {
  await putBack(survey)
  await survey.questionnaire.begin()
  watchSession(survey.triggers.session(UID), { changed: (session) => store.update({ session }), failed })
  // Some browsers ask the user first.
  void survey.storage.persisted().then((kept) => store.update({ kept }), failed)
  await survey.triggers.start()
  const lookAtTabs = (): void => void survey.tab.seen().then((tabs) => store.update({ tabs }), failed)
  lookAtTabs()
  setInterval(lookAtTabs, LOOK_AT_TABS)
  // One tab is enough to replay what failed meanwhile.
  addEventListener('online', () => model.tabs.sweeps && model.session?.online && actions.setOnline(true))
  await keepOfflineCopy().catch((error: unknown) => logger.warn('This page will not open without a network.', { error: String(error) }))
} catch (error) {
  failed(error)
}
