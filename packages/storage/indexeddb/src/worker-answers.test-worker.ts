interface Outcome {
  readonly id: string
  readonly failure: string | null | undefined
}

/** Has a worker, made at the first need, run tests by their ids; rejects with what it says of a failure. */
export function workerAnswers(make: () => Worker | MessagePort): (id: string) => Promise<void> {
  let worker: Worker | MessagePort | undefined
  return async (id) => {
    worker ??= make()
    const { failure } = await outcomeOf(worker, id)
    if (failure !== null) throw new Error(failure ?? `the worker knows no test ${id}`)
  }
}

function outcomeOf(worker: Worker | MessagePort, id: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const ended = new AbortController()
    const { signal } = ended
    const end = (settle: () => void) => {
      ended.abort()
      settle()
    }
    worker.addEventListener('message', (event) => {
      const outcome = (event as MessageEvent<Outcome>).data
      if (outcome.id === id) end(() => resolve(outcome))
    }, { signal })
    worker.addEventListener('error', (event) => end(() => reject(new Error(`the worker failed: ${(event as ErrorEvent).message}`))), { signal })
    worker.postMessage(id)
    if ('start' in worker) worker.start()
  })
}
