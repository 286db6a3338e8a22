/** What becomes of a promise within so many milliseconds; after them, of what `late` gives. A later outcome is nobody's concern. */
export async function within<TValue>(limit: number, promise: Promise<TValue>, late: () => Promise<TValue>): Promise<TValue> {
  let timer: NodeJS.Timeout | undefined
  const limited = new Promise<void>((resolve) => (timer = setTimeout(resolve, limit))).then(late)
  try {
    return await Promise.race([promise, limited])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits for something to end, whatever becomes of it, for so many milliseconds at most. */
export async function atMost(limit: number, promise: Promise<unknown>): Promise<void> {
  await within<unknown>(limit, promise, async () => undefined).catch(() => undefined)
}
