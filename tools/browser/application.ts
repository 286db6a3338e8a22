/* What an application in the browser imports; its size is measured. */
export { createTriggers } from '@triggerkit/engine'
export { webWorkerRunner } from '@triggerkit/runners-web-worker'
export { indexedDbStorage } from '@triggerkit/storage-indexeddb'
export { tabs } from '@triggerkit/tabs'
