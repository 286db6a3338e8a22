import type { JsonObject } from 'triggerkit'

import { PUBLIC_SERVER, type Delivery } from './deliveries.js'
import { at, isObject, numberAt, textAt } from './payload.js'

/** A session that a payload belongs to, and what it is about. */
export interface PayloadSession {
  readonly uid: string
  readonly kind: 'pull request' | 'issue' | 'repository' | 'organisation' | 'installation' | 'advisory' | 'account'
}

/**
 * Where a payload belongs: to the pull requests or the issue that it names in a repository, else to the repository, else to
 * what it is about. The same name on another server is another thing.
 */
export function sessionsOf({ server, payload }: Pick<Delivery, 'server' | 'payload'>): readonly PayloadSession[] {
  const prefix = server === PUBLIC_SERVER ? '' : `${server}:`
  return localSessions(payload).map(({ uid, kind }) => ({ uid: `${prefix}${uid}`, kind }))
}

function localSessions(payload: JsonObject): readonly PayloadSession[] {
  const repository = textAt(payload, 'repository', 'full_name')
  if (repository === undefined) return [elsewhere(payload)]
  const pulls = pullRequestsOf(payload)
  if (pulls.length > 0) return pulls.map((number) => ({ uid: `${repository}#${number}`, kind: 'pull request' }))
  const issue = numberAt(payload, 'issue', 'number')
  return [issue === undefined ? { uid: repository, kind: 'repository' } : { uid: `${repository}#${issue}`, kind: 'issue' }]
}

/** Pull requests are named by themselves, as issues that are pull requests, or in the lists of checks and workflow runs. */
function pullRequestsOf(payload: JsonObject): readonly number[] {
  const issue = isObject(at(payload, 'issue', 'pull_request')) ? numberAt(payload, 'issue', 'number') : undefined
  const listed = Object.values(payload).flatMap((subject) => {
    const list = at(subject, 'pull_requests')
    return Array.isArray(list) ? list.map((pull) => numberAt(pull, 'number')) : []
  })
  const numbers = [numberAt(payload, 'pull_request', 'number'), issue, ...listed]
  return [...new Set(numbers.filter((number) => number !== undefined))]
}

function elsewhere(payload: JsonObject): PayloadSession {
  const organisation = textAt(payload, 'organization', 'login')
  if (organisation !== undefined) return { uid: `organisation:${organisation}`, kind: 'organisation' }
  const advisory = textAt(payload, 'security_advisory', 'ghsa_id')
  if (advisory !== undefined) return { uid: `advisory:${advisory}`, kind: 'advisory' }
  const installation = numberAt(payload, 'installation', 'id')
  if (installation !== undefined) return { uid: `installation:${installation}`, kind: 'installation' }
  return { uid: `account:${accountOf(payload)}`, kind: 'account' }
}

function accountOf(payload: JsonObject): string {
  return (
    textAt(payload, 'user', 'login') ??
    textAt(payload, 'marketplace_purchase', 'account', 'login') ??
    textAt(payload, 'sponsorship', 'sponsorable', 'login') ??
    textAt(payload, 'sender', 'login') ??
    'unknown'
  )
}
