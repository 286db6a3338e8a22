import type { Task } from '@triggerkit/contracts'
import { defineTask } from '@triggerkit/engine'

import { firstPage, page, subject } from './forms.js'

/** How long the work of one task takes in this demonstration, in milliseconds. */
const WORK = 40

const importSubject = defineTask('survey.importSubject', { timeLimit: '10s' }, async (context) => {
  const { firstPageReceived } = await context.filterKwargs({ firstPageReceived: firstPage })
  const { name, birthday } = firstPageReceived.responses
  await work(context.signal)
  return { subjectId: `subject-of-${context.uid}`, name, birthday }
})

const importResponses = defineTask('survey.importResponses', { timeLimit: '10s' }, async (context) => {
  const { t_importSubject, pageReceived } = await context.filterKwargs({ t_importSubject: subject, pageReceived: page })
  await work(context.signal)
  return { document: `${t_importSubject.subjectId}/page-${pageReceived.page}`, answers: Object.keys(pageReceived.responses).length }
})

const KNOWN_BROWSER = /\b(?:Firefox|Safari|Chrome)\/\d+/

/** Fails for a browser that nobody knows: somebody replays it with a better user agent, or skips it. */
const importBrowser = defineTask('survey.importBrowser', { timeLimit: '10s' }, async (context) => {
  const { pageReceived } = await context.filterKwargs({ pageReceived: page })
  await work(context.signal)
  const [browser] = KNOWN_BROWSER.exec(pageReceived.userAgent) ?? []
  if (browser === undefined) throw new RangeError(`The browser ${JSON.stringify(pageReceived.userAgent)} is unknown.`)
  return { browser: browser.replace('/', ' ') }
})

const archive = defineTask('survey.archive', async ({ uid, manager }) => ({ archived: uid, tasks: (await manager.tasks()).length }))

const assess = defineTask('survey.assess', async ({ uid, signal }) => {
  await work(signal)
  return { assessed: uid }
})

/** All task functions of the service; what they return stands for what a real one would write into its database. */
export const tasks: readonly Task[] = [importSubject, importResponses, importBrowser, archive, assess]

async function work(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, WORK)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
  })
}
