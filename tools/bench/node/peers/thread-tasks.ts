import type { JsonValue } from '@triggerkit/contracts'
import { defineTask } from '@triggerkit/engine'

/** What a thread of ours runs. */
export const echo = defineTask('echo', async ({ triggerKwargs }) => triggerKwargs as JsonValue)
