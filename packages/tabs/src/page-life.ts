/** What lets go of its locks while its page lies still. */
export interface Leaving {
  leave(): void
  comeBack(): void
}

/**
 * Tells of the page's way into the back/forward cache and out of it. A page in there runs nothing, and one whose locks others wait
 * for is thrown out of it ("WebLocksContention"), where it doesn't keep them for good (WebKit/WebKit#47797). In workers nothing happens.
 * @returns what ends it
 */
export function followCache(leaving: Leaving): () => void {
  return follow(globalThis, [
    ['pagehide', () => leaving.leave()],
    ['pageshow', (event) => (event as PageTransitionEvent).persisted && leaving.comeBack()],
  ])
}

/**
 * Tells when the browser freezes the page, and thaws it again. A frozen page's timers stand still, but Chromium still brings it the
 * messages of others, so that whether it answers tells nothing.
 * @returns what ends it
 */
export function followFreezing(leaving: Leaving): () => void {
  return follow(globalThis.document ?? new EventTarget(), [
    ['freeze', () => leaving.leave()],
    ['resume', () => leaving.comeBack()],
  ])
}

function follow(target: EventTarget, listeners: readonly (readonly [string, (event: Event) => void])[]): () => void {
  for (const [type, listener] of listeners) target.addEventListener(type, listener)
  return () => {
    for (const [type, listener] of listeners) target.removeEventListener(type, listener)
  }
}
