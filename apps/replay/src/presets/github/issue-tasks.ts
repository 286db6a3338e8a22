import { defineTask, type Task } from 'triggerkit'

import * as schemas from './payload-schemas.js'
import { quote } from './wording.js'

const triage = defineTask('github.triage', async (context) => {
  const kwargs = await context.filterKwargs({ 'issues.opened': schemas.issue, 'issues.labeled': schemas.label })
  const { issue } = kwargs['issues.opened']
  const { name } = kwargs['issues.labeled'].label
  return { queue: name, summary: `#${issue.number} ${quote(issue.title)} by ${issue.user.login} goes to ${name}` }
})

const indexComment = defineTask('github.indexComment', async (context) => {
  const kwargs = await context.filterKwargs({ 'issues.opened': schemas.issue, 'issue_comment.created': schemas.comment })
  const { issue } = kwargs['issues.opened']
  const { id, user, body } = kwargs['issue_comment.created'].comment
  const words = new Set(body.toLowerCase().match(/\p{L}{4,}/gu) ?? [])
  return { comment: id, words: [...words].sort(), summary: `#${issue.number}, ${user.login}: ${quote(body)} (${words.size} words)` }
})

export const issueTasks: readonly Task[] = [triage, indexComment]
