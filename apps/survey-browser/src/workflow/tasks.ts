import type { Task } from '@triggerkit/contracts'
import { defineTask } from '@triggerkit/engine'

import type { Responses } from './forms.js'
import { firstPage, page, subject } from './schemas.js'
import serverAnswer from './server-answer.json?url&no-inline'
import { work } from './work.js'

/** How long work takes for each character of an answer, in milliseconds: long answers give time to watch. */
const PER_CHARACTER = 100

const importSubject = defineTask('survey.importSubject', { timeLimit: '1m' }, async (context) => {
  const { firstPageReceived } = await context.filterKwargs({ firstPageReceived: firstPage })
  const { name, birthday } = firstPageReceived.responses
  await work(context, PER_CHARACTER * name.length)
  return { subjectId: `subject-of-${context.uid}`, name, birthday }
})

const importResponses = defineTask('survey.importResponses', { timeLimit: '5m' }, async (context) => {
  const { t_importSubject, pageReceived } = await context.filterKwargs({ t_importSubject: subject, pageReceived: page })
  await work(context, PER_CHARACTER * lengthOf(pageReceived.responses))
  return { document: `${t_importSubject.subjectId}/page-${pageReceived.page}`, answers: Object.keys(pageReceived.responses).length }
})

const KNOWN_BROWSER = /(?:Firefox|Safari|Chrome)\/\d+/

/** Fails for a browser that nobody knows: somebody replays it with a better user agent, or skips it. */
const importBrowser = defineTask('survey.importBrowser', async (context) => {
  const { pageReceived } = await context.filterKwargs({ pageReceived: page })
  await work(context, PER_CHARACTER)
  const [browser] = KNOWN_BROWSER.exec(pageReceived.userAgent) ?? []
  if (browser === undefined) throw new RangeError(`The browser ${JSON.stringify(pageReceived.userAgent)} is unknown.`)
  return { browser: browser.replace('/', ' ') }
})

const assess = defineTask('survey.assess', { timeLimit: '5m' }, async (context) => {
  const { floraReceived, faunaReceived } = await context.filterKwargs({ floraReceived: page, faunaReceived: page })
  const length = lengthOf(floraReceived.responses) + lengthOf(faunaReceived.responses)
  await work(context, PER_CHARACTER * length)
  return { assessed: length }
})

/**
 * Fails without a network; the page replays it when there is one again. This demonstration has no server of its own, so it
 * asks for a file of its own origin, past every cache, which takes a network as a real submission does.
 */
const submit = defineTask('survey.submit', { timeLimit: '20s' }, async ({ uid, manager, signal }) => {
  const { networkChanged } = await manager.latestKwargs()
  if ((networkChanged as { online?: boolean } | undefined)?.online === false) throw new Error('The server cannot be reached: you are offline.')
  // A run may be repeated after a crash: by this key a server knows that it has the submission already.
  const response = await fetch(serverAnswer, { cache: 'no-store', signal, headers: { 'idempotency-key': uid } })
  if (!response.ok) throw new Error(`The server answered ${response.status}.`)
  return (await response.json()) as { accepted: boolean }
})

/** All task functions; what they return stands for what a real one would write into a database. */
export const tasks: readonly Task[] = [importSubject, importResponses, importBrowser, assess, submit]

function lengthOf(responses: Responses): number {
  return Object.values(responses).join('').length
}
