/** A write that nobody waits for: if it fails, its transaction ends with that failure, and tells it. */
export function unawaited(write: Promise<unknown>): void {
  write.catch(() => undefined)
}
