// Answers from the network while there is one, else from the copy that the page keeps (src/offline-copy.ts).
self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  const { request } = event
  // What goes past every cache wants the server itself.
  if (request.method !== 'GET' || request.cache === 'no-store') return
  event.respondWith(fetch(request).catch(async () => (await caches.match(request, { ignoreSearch: true, ignoreVary: true })) ?? Response.error()))
})
