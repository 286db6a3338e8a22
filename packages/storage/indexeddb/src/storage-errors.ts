import { TriggerkitError } from '@triggerkit/contracts'

import type { Settings } from './options.js'

type Place = Pick<Settings, 'database'>

export function closed({ database }: Place): TriggerkitError {
  return new TriggerkitError('Closed', `This storage over ${quoted(database)} is closed; open another one.`, { details: { database } })
}

/** The database can't be opened, or its transactions not begun: certainly nothing was done. */
export function unavailable({ database }: Place, cause: unknown): TriggerkitError {
  const message = `The database ${quoted(database)} can't be used: ${reason(cause)}`
  return new TriggerkitError('StorageUnavailable', message, { cause, details: { database } })
}

export function withoutAnswer({ database, openTimeout }: Pick<Settings, 'database' | 'openTimeout'>, blocked: boolean): TriggerkitError {
  const advice = blocked ? 'another tab keeps an older version of it open; close or reload the other tabs' : 'close other tabs, or restart the browser'
  const message = `The database ${quoted(database)} was not open after ${openTimeout} ms: ${advice}. It is used as soon as it opens.`
  return new TriggerkitError('StorageUnavailable', message, { details: { database, blocked } })
}

export function unknownOutcome({ database }: Place, cause: unknown): TriggerkitError {
  const message = `The browser lost its connection to ${quoted(database)} during a commit; the outcome is unknown. Repeat it.`
  return new TriggerkitError('OutcomeUnknown', message, { cause, details: { database } })
}

/** Nothing was stored, for want of room. `needed`: how many bytes the change has, where it is one. */
export async function outOfRoom({ database }: Place, cause: unknown, needed: number | undefined): Promise<TriggerkitError> {
  const { usage, quota } = await estimate()
  const size = needed === undefined ? '' : ` of ${needed} bytes`
  const filled = usage === undefined || quota === undefined ? '' : ` (${usage} of ${quota} bytes are taken)`
  const message =
    `The browser has no room for this change${size} to ${quoted(database)}${filled} and stored nothing of it; ` +
    'delete sessions, give them a ttl, free space, or ask for more with `persist: true`.'
  return new TriggerkitError('StorageRefused', message, { cause, details: { database, needed, usage, quota } })
}

/** Nothing was stored, because the browser takes only so much at once, however much room there is. */
export function tooLarge({ database }: Place, cause: unknown): TriggerkitError {
  const message =
    `Records of ${quoted(database)} are too large for the browser to take at once, so nothing was stored; ` +
    `commit smaller ones, and read fewer at once. (${String(cause)})`
  return new TriggerkitError('StorageRefused', message, { cause, details: { database } })
}

async function estimate(): Promise<StorageEstimate> {
  try {
    return await navigator.storage.estimate()
  } catch {
    return {}
  }
}

function reason(cause: unknown): string {
  const { name = '', message = String(cause) } = (cause ?? {}) as { name?: string; message?: string }
  if (name === 'VersionError') return 'a newer release has upgraded it, perhaps in another tab. Reload this page to get it.'
  if (name === 'NotFoundError') return 'it is not one of this release. Choose another name, or delete it.'
  if (typeof indexedDB === 'undefined') return 'there is no IndexedDB here. Use a browser page or worker, or another storage such as memory.'
  return `${message} (${name}). Private windows and blocked site data may forbid it; else restart the browser.`
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
