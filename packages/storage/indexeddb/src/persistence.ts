/** Asks the browser to keep the origin's data, where that can be asked; else tells whether it does. `false` where it can't tell. */
export async function askToPersist(wished: boolean): Promise<boolean> {
  try {
    const { storage } = navigator
    // Workers can't ask, but they are told what a page was granted.
    return wished && typeof storage.persist === 'function' ? await storage.persist() : await storage.persisted()
  } catch {
    return false
  }
}
