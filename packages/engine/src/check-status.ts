import { TriggerkitError } from '@triggerkit/contracts'
import type { InstanceStatus } from '@triggerkit/core'

const STATUSES = {
  unstarted: true,
  scheduled: true,
  running: true,
  finished: true,
  failed: true,
  replayed: true,
  skipped: true,
  abandoned: true,
} satisfies Record<InstanceStatus, true>

/** @throws `InvalidArgument`, listing those that there are, if it is no status */
export function checkStatus(status: unknown): void {
  const known = Object.keys(STATUSES)
  if (known.includes(status as string)) return
  throw new TriggerkitError('InvalidArgument', `${JSON.stringify(status)} is not a status; use one of ${known.join(', ')}.`)
}
