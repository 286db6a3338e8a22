import { setTimeout as elapse } from 'node:timers/promises'

/** How often {@link until} looks again, in milliseconds. */
const PAUSE_MS = 20

/** Waits until something holds. @throws Error when `limit` milliseconds have passed, saying what did not happen */
export async function until(holds: () => unknown, what: string, limit: number = 40_000): Promise<void> {
  const end = performance.now() + limit
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`It did not happen within ${limit} ms that ${what}.`)
    await elapse(PAUSE_MS)
  }
}

/** What the promise comes to. @throws Error when `limit` milliseconds have passed before, saying what did not happen */
export async function within<TValue>(limit: number, promise: Promise<TValue>, what: string): Promise<TValue> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`It did not happen within ${limit} ms that ${what}.`)), limit)
  })
  try {
    return await Promise.race([promise, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
