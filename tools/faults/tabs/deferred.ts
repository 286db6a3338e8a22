/** A promise that somebody else settles. */
export class Deferred<TValue> {
  readonly promise: Promise<TValue>
  resolve!: (value: TValue) => void
  reject!: (reason: unknown) => void

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }
}
