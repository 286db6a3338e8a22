import type { JsonObject, JsonValue, Records } from '@triggerkit/contracts'
import { namedKey } from '@triggerkit/core'
import type { Instance, UsedKwargs } from '@triggerkit/core'

/** From which records kwargs are joined. */
export type KwargsSource = Pick<Instance | UsedKwargs, 'firings' | 'replacement'>

/** The archive keys of the payloads that {@link joinKwargs} needs. */
export function kwargsKeys({ firings, replacement }: KwargsSource): readonly string[] {
  const keys = firings.map(([, id]) => namedKey('f', id))
  return replacement === null ? keys : [replacement.payload, ...keys]
}

/** Kwargs by trigger, from the payloads that were read. */
export function joinKwargs({ firings, replacement }: KwargsSource, records: Records): JsonObject {
  const replaced = replacement === null ? {} : ((payloadOf(records, replacement.payload) ?? {}) as JsonObject)
  const own = firings.map(([trigger, id]) => [trigger, payloadOf(records, namedKey('f', id)) ?? {}] as const)
  return Object.fromEntries([...Object.entries(replaced), ...own])
}

/** The payload in a record of the archive. */
export function payloadOf(records: Records, key: string): JsonValue | undefined {
  return (records.get(key) as JsonObject | undefined)?.['payload']
}
