import { describe, expect, it } from 'vitest'

import { triggersOf } from './triggers-of.js'

describe('the triggers of a payload', () => {
  it.each([
    ['push', {}, ['push']],
    ['pull_request', { action: 'opened' }, ['pull_request.opened']],
    ['check_suite', { action: 'completed', check_suite: { conclusion: 'success' } }, ['check_suite.completed', 'checksSucceeded']],
    ['check_suite', { action: 'completed', check_suite: { conclusion: 'neutral' } }, ['check_suite.completed']],
    ['check_suite', { action: 'rerequested', check_suite: { conclusion: 'success' } }, ['check_suite.rerequested']],
    ['check_run', { action: 'completed', check_run: { conclusion: 'failure' } }, ['check_run.completed', 'checkFailed']],
    ['pull_request', { action: 'closed', pull_request: { merged: true } }, ['pull_request.closed', 'merged']],
    ['pull_request_review', { action: 'submitted', review: { state: 'approved' } }, ['pull_request_review.submitted', 'reviewApproved']],
    ['deployment', {}, ['deployment', 'deploymentCreated']],
    ['deployment', { action: 'created' }, ['deployment.created', 'deploymentCreated']],
    ['deployment_status', { deployment_status: { state: 'error' } }, ['deployment_status', 'deploymentFailed']],
  ])('are its event and the facts in it: %s %j', (event, payload, triggers) => {
    expect(triggersOf({ event, payload })).toEqual(triggers)
  })
})
