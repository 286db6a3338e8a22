import type { JsonObject, JsonValue } from 'triggerkit'

import { isObject, textAt } from './payload.js'

/** The members that tell when something happened; others, such as `next_billing_date`, tell what is planned. */
const HAPPENED = [
  'created_at',
  'updated_at',
  'started_at',
  'completed_at',
  'submitted_at',
  'published_at',
  'closed_at',
  'starred_at',
  'dismissed_at',
  'fixed_at',
  'timestamp',
]

/** What a payload only mentions: these change for reasons of their own. */
const SURROUNDINGS = ['repository', 'organization', 'enterprise', 'sender']

/**
 * When it happened, in milliseconds since 1970: the latest moment in what the payload is about, else that of its
 * repository's last change, else 0. Deliveries carry no time of their own.
 */
export function momentOf(payload: JsonObject): number {
  const subjects = Object.entries(payload).filter(([name]) => !SURROUNDINGS.includes(name))
  const latest = Math.max(0, ...momentsIn(payload), ...subjects.flatMap(([, value]) => momentsIn(value)))
  return latest > 0 ? latest : parse(textAt(payload, 'repository', 'updated_at'))
}

function momentsIn(value: JsonValue): readonly number[] {
  return isObject(value) ? HAPPENED.map((member) => parse(textAt(value, member))) : []
}

function parse(text: string | undefined): number {
  const moment = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(moment) ? 0 : moment
}
