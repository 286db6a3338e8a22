/*
 * idb opens the database; what each commit does goes without its proxies, which would be a twentieth of the time of a fire.
 */

/** What the database answers to a request. Whoever only writes need not wait: what fails ends the transaction, which tells it. */
export function answerTo<TAnswer>(request: IDBRequest<TAnswer>): Promise<TAnswer> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** Resolves once all of a transaction is stored. */
export function completion(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new DOMException('AbortError', 'AbortError'))
  })
}
