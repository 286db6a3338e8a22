/**
 * Asks the browser to keep the origin's data until the user clears it (`persist`), which only pages can, or whether it does so now
 * (`persisted`). `false` where it can't tell.
 */
export async function askBrowser(what: 'persist' | 'persisted'): Promise<boolean> {
  try {
    return await navigator.storage[what]()
  } catch {
    return false
  }
}
