/** How long something is waited for. */
export interface Patience {
  readonly patienceMs: number
  /** Ends the waiting at once when it is aborted. */
  readonly signal: AbortSignal
}

/** Whether a promise resolves before patience ends. Rejects if the promise does so. */
export async function resolvesInTime(promise: Promise<unknown>, { patienceMs, signal }: Patience): Promise<boolean> {
  let lose = (): void => undefined
  const lost = new Promise<false>((resolve) => (lose = () => resolve(false)))
  const timer = setTimeout(lose, patienceMs)
  signal.addEventListener('abort', lose)
  if (signal.aborted) lose()
  try {
    return await Promise.race([promise.then(() => true), lost])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', lose)
  }
}
