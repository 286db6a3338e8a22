import { parentPort } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'

import { expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'

/** What a thread exposes through Comlink. */
export type Echo = (task: object) => Promise<object>

const echo: Echo = async (task) => task
expose(echo, nodeEndpoint(parentPort as MessagePort))
