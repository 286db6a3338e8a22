import type { JsonObject } from 'triggerkit'

import type { Delivery } from './deliveries.js'
import { at, textAt } from './payload.js'

/** A fact that a payload establishes: which event tells it, and by what in the payload. */
interface Fact {
  readonly trigger: string
  readonly events: readonly string[]
  readonly holds: (payload: JsonObject) => boolean
}

const is = (path: readonly string[], ...values: readonly string[]) => (payload: JsonObject): boolean => values.includes(textAt(payload, ...path) ?? '')

/** What an event's name and action alone don't say, and what its name differs in from server to server. */
const FACTS: readonly Fact[] = [
  { trigger: 'checksSucceeded', events: ['check_suite.completed'], holds: is(['check_suite', 'conclusion'], 'success') },
  { trigger: 'checksSucceeded', events: ['workflow_run.completed'], holds: is(['workflow_run', 'conclusion'], 'success') },
  { trigger: 'checkFailed', events: ['check_run.completed'], holds: is(['check_run', 'conclusion'], 'failure', 'timed_out') },
  { trigger: 'reviewApproved', events: ['pull_request_review.submitted'], holds: is(['review', 'state'], 'approved') },
  { trigger: 'changesRequested', events: ['pull_request_review.submitted'], holds: is(['review', 'state'], 'changes_requested') },
  { trigger: 'merged', events: ['pull_request.closed'], holds: (payload) => at(payload, 'pull_request', 'merged') === true },
  { trigger: 'deploymentCreated', events: ['deployment', 'deployment.created'], holds: () => true },
  { trigger: 'deploymentSucceeded', events: ['deployment_status', 'deployment_status.created'], holds: is(['deployment_status', 'state'], 'success') },
  { trigger: 'deploymentFailed', events: ['deployment_status', 'deployment_status.created'], holds: is(['deployment_status', 'state'], 'failure', 'error') },
  { trigger: 'siteBuilt', events: ['page_build'], holds: is(['build', 'status'], 'built') },
]

/**
 * The triggers that a payload fires, in this order: the event as GitHub names it, `pull_request.opened` or, where it has no
 * action, `push`; then the facts that follow from what is in it.
 */
export function triggersOf({ event, payload }: Pick<Delivery, 'event' | 'payload'>): readonly string[] {
  const action = textAt(payload, 'action')
  const name = action === undefined ? event : `${event}.${action}`
  return [name, ...FACTS.filter(({ events, holds }) => events.includes(name) && holds(payload)).map(({ trigger }) => trigger)]
}
