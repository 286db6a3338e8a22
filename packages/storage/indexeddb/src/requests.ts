/** What the database answers to a request. Whoever only writes need not wait: what fails ends the transaction, which tells it. */
export function answerTo<TAnswer>(request: IDBRequest<TAnswer>): Promise<TAnswer> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error as DOMException)
  })
}

/** Resolves when all that a transaction wrote is stored, and rejects when nothing of it is. */
export function endOf(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new DOMException('The transaction was aborted.', 'AbortError'))
  })
}
