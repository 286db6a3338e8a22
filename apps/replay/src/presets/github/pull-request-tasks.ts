import { defineTask, type Task } from 'triggerkit'
import { z } from 'zod'

import * as schemas from './payload-schemas.js'
import { quote, shortHash, span } from './wording.js'

const policy = z.object({ smallUpTo: z.number() })

const reviewReadiness = defineTask('github.reviewReadiness', async (context) => {
  const kwargs = await context.filterKwargs({
    'pull_request.opened': schemas.pullRequest,
    checksSucceeded: schemas.checks,
    'pull_request_review.submitted': schemas.review,
    policy,
  })
  const { pull_request: pull } = kwargs['pull_request.opened']
  const { review } = kwargs['pull_request_review.submitted']
  const lines = pull.additions + pull.deletions
  const size = lines <= kwargs.policy.smallUpTo ? 'small' : 'large'
  return {
    size,
    summary: `${quote(pull.title)} by ${pull.user.login}: ${size} (+${pull.additions} −${pull.deletions}), ${checkedBy(kwargs.checksSucceeded)}, ${review.state} by ${review.user.login}`,
  }
})

const recheck = defineTask('github.recheck', async (context) => {
  const kwargs = await context.filterKwargs({
    'pull_request.opened': schemas.pullRequest,
    'pull_request.synchronize': schemas.synchronize,
    checksSucceeded: schemas.checks,
  })
  const { before, after } = kwargs['pull_request.synchronize']
  const { number } = kwargs['pull_request.opened'].pull_request
  return { commit: after, summary: `#${number} ${shortHash(before)}..${shortHash(after)}: ${checkedBy(kwargs.checksSucceeded)}, to be looked at again` }
})

const mergeProposal = defineTask('github.mergeProposal', async (context) => {
  const kwargs = await context.filterKwargs({ t_reviewReadiness: z.object({ size: z.string() }), reviewApproved: schemas.review })
  return { summary: `${context.uid} is ${kwargs.t_reviewReadiness.size} and approved by ${kwargs.reviewApproved.review.user.login}: merge it` }
})

const explainFailedCheck = defineTask('github.explainFailedCheck', async (context) => {
  const kwargs = await context.filterKwargs({ 'pull_request.opened': schemas.pullRequest, checkFailed: schemas.failedCheck })
  const { name, conclusion, head_sha: commit } = kwargs.checkFailed.check_run
  const { user } = kwargs['pull_request.opened'].pull_request
  return { summary: `@${user.login}: ${name} ended with ${conclusion} at ${shortHash(commit)}` }
})

const collectReviewComment = defineTask('github.collectReviewComment', async (context) => {
  const kwargs = await context.filterKwargs({
    'pull_request_review.submitted': schemas.review,
    'pull_request_review_comment.created': schemas.reviewComment,
  })
  const { comment } = kwargs['pull_request_review_comment.created']
  return { path: comment.path, summary: `${comment.user.login} on ${comment.path}: ${quote(comment.body)}` }
})

const closingNote = defineTask('github.closingNote', async (context) => {
  const kwargs = await context.filterKwargs({ 'pull_request.opened': schemas.pullRequest, 'pull_request.closed': schemas.pullRequest })
  const { title, created_at: opened, closed_at: closed, merged } = kwargs['pull_request.closed'].pull_request
  const open = closed ? ` after ${span(opened, closed)}` : ''
  return { merged: merged === true, summary: `${quote(title)} was ${merged === true ? 'merged' : 'closed without a merge'}${open}` }
})

function checkedBy({ check_suite: suite, workflow_run: workflow }: z.output<typeof schemas.checks>): string {
  return `${suite?.app.name ?? workflow?.name ?? 'checks'} succeeded`
}

export const pullRequestTasks: readonly Task[] = [
  reviewReadiness,
  recheck,
  mergeProposal,
  explainFailedCheck,
  collectReviewComment,
  closingNote,
]
