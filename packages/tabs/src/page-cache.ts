/** What must let go of its locks while its page lies in the browser's back/forward cache. */
export interface Leaving {
  leave(): void
  comeBack(): void
}

/**
 * Tells of the page's way into the back/forward cache and out of it. A page in there runs nothing, and one whose locks others wait
 * for is thrown out of it ("WebLocksContention"), where it doesn't keep them for good (WebKit/WebKit#47797). In workers nothing happens.
 * @returns what ends it
 */
export function followPage(leaving: Leaving): () => void {
  const scope = globalThis as unknown as EventTarget
  const onHide = (): void => leaving.leave()
  const onShow = (event: Event): void => {
    if ((event as PageTransitionEvent).persisted) leaving.comeBack()
  }
  scope.addEventListener('pagehide', onHide)
  scope.addEventListener('pageshow', onShow)
  return () => {
    scope.removeEventListener('pagehide', onHide)
    scope.removeEventListener('pageshow', onShow)
  }
}
