import { defineTask, type Task, type TaskContext } from 'triggerkit'
import { z } from 'zod'

const subject = z.object({ subjectId: z.string() })
const page = z.object({ page: z.number().int().positive(), responses: z.record(z.string(), z.string()), userAgent: z.string() })
const firstPage = z.object({ responses: z.object({ name: z.string().min(1), birthday: z.iso.date() }) })

/** Makes a subject of the first page; its id is for all that wait for the task. */
const importSubject = defineTask('app.tasks.importSubject', async (context) => {
  const { firstPageReceived } = await context.filterKwargs({ firstPageReceived: firstPage })
  const { name, birthday } = firstPageReceived.responses
  return { subjectId: `subject-of-${context.uid}`, summary: `${name}, born ${birthday}` }
})

const importResponses = defineTask('app.tasks.importResponses', async (context) => {
  const { t_importSubject, pageReceived } = await context.filterKwargs({ t_importSubject: subject, pageReceived: page })
  const questions = Object.keys(pageReceived.responses)
  return {
    document: `${t_importSubject.subjectId}/page-${pageReceived.page}`,
    summary: `page ${pageReceived.page} of ${t_importSubject.subjectId}: ${questions.join(', ')}`,
  }
})

const importBrowserMetadata = defineTask('app.tasks.importBrowserMetadata', async (context) => {
  const { t_importSubject, pageReceived } = await context.filterKwargs({ t_importSubject: subject, pageReceived: page })
  const browser = lookUp(pageReceived.userAgent, context)
  return { browser, summary: `${t_importSubject.subjectId} uses ${browser}` }
})

const FAMILIAR = /\b(?:Firefox|Safari|Chrome)\/\d+/

/** Stands for a service far away, which answers for a browser that it sees seldom only when asked again. */
function lookUp(userAgent: string, context: TaskContext): string {
  const known = FAMILIAR.exec(userAgent)?.[0]
  if (known !== undefined) return known.replace('/', ' ')
  if (context.depth > 0) return userAgent.replace('/', ' ')
  const error = new Error('The browser service does not know this one yet: 503')
  throw context.retry({ error, cooldown: 20, metadata: { userAgent } })
}

export const questionnaireTasks: readonly Task[] = [importSubject, importResponses, importBrowserMetadata]
