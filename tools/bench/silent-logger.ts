import type { Logger } from '@triggerkit/contracts'

/** Each storage warns that a measured Redis keeps nothing, which is meant here. */
export const silentLogger: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
