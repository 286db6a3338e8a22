/**
 * Keeps a copy of the page in the browser, so that it opens without a network, too: whatever this visit loaded is put into the
 * cache that `public/service-worker.js` answers from.
 */
export async function keepOfflineCopy(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  await navigator.serviceWorker.register('./service-worker.js')
  const cache = await caches.open('survey')
  const loaded = performance.getEntriesByType('resource').map(({ name }) => name)
  const own = new Set([location.pathname, ...loaded].map((name) => new URL(name, location.href).href).filter((name) => name.startsWith(location.origin)))
  await cache.addAll([...own])
}
