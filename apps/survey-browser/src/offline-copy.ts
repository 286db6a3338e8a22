import tasksWorker from './tasks.worker.ts?worker&url'

/**
 * Keeps a copy of the page in the browser, so that it opens without a network, too: whatever this visit loaded is put into the
 * cache that `public/service-worker.js` answers from.
 */
export async function keepOfflineCopy(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  await navigator.serviceWorker.register('./service-worker.js')
  const cache = await caches.open('survey')
  // Browsers don't list a worker's file among what the page loaded.
  const loaded = [location.pathname, tasksWorker, ...performance.getEntriesByType('resource').map(({ name }) => name)]
  const addresses = loaded.map((name) => new URL(name, location.href)).filter(({ origin }) => origin === location.origin)
  await cache.addAll([...new Set(addresses.map(({ href }) => href))])
}
