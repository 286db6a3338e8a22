/** Calls what an application gave, and tells what it throws, or rejects with if it is asynchronous. */
export function callBack(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const returned = call() as { readonly then?: unknown } | null | undefined
    if (typeof returned?.then === 'function') void Promise.resolve(returned).catch(failed)
  } catch (error) {
    failed(error)
  }
}
