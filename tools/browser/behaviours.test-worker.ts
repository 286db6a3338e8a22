import { behaviours } from '@triggerkit/conformance'
import { exposeTasks } from '@triggerkit/runners-web-worker/worker'

/** Whoever makes the worker names it after the scenario's retry limit. */
const { name: retryLimit } = globalThis as unknown as { readonly name: string }

exposeTasks(behaviours(Number(retryLimit)))
