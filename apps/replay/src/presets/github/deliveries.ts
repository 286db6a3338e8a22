import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import type { JsonObject } from 'triggerkit'

import { momentOf } from './moment.js'

/** One payload as GitHub would deliver it. */
export interface Delivery {
  /** The server that sent it: `api.github.com`, or a release of GitHub Enterprise Server such as `ghes-35`. */
  readonly server: string
  /** The name of the event, such as `pull_request`. */
  readonly event: string
  readonly payload: JsonObject
  /** The same for the same payload, as GitHub's own delivery id is for a delivery that is repeated. */
  readonly id: string
}

interface Definition {
  readonly name: string
  readonly examples: readonly JsonObject[]
}

export const DATA_PACKAGE = '@octokit/webhooks-examples'
/** Whose payloads come first, and whose repositories need no prefix. */
export const PUBLIC_SERVER = 'api.github.com'

/**
 * Every example payload of the data package, server by server, in the order of the moments that they tell of.
 * The package itself lists them by the event's name.
 */
export async function readDeliveries(): Promise<readonly Delivery[]> {
  const folder = dataFolder()
  const entries = await readdir(folder, { withFileTypes: true })
  const servers = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const deliveries = await Promise.all(servers.sort().map((server) => readServer(folder, server)))
  return deliveries.flat()
}

export async function dataVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(dataFolder(), 'package.json'), 'utf8')) as { readonly version: string }
  return version
}

function dataFolder(): string {
  return dirname(createRequire(import.meta.url).resolve(`${DATA_PACKAGE}/package.json`))
}

async function readServer(folder: string, server: string): Promise<readonly Delivery[]> {
  const definitions = JSON.parse(await readFile(join(folder, server, 'index.json'), 'utf8')) as readonly Definition[]
  const deliveries = definitions.flatMap(({ name, examples }) => examples.map((payload) => toDelivery(server, name, payload)))
  const moments = new Map(deliveries.map((delivery) => [delivery, momentOf(delivery.payload)]))
  return deliveries.toSorted((left, right) => (moments.get(left) ?? 0) - (moments.get(right) ?? 0))
}

function toDelivery(server: string, event: string, payload: JsonObject): Delivery {
  const hash = createHash('sha256').update(`${server}/${event}/${JSON.stringify(payload)}`)
  return { server, event, payload, id: hash.digest('hex').slice(0, 32) }
}
