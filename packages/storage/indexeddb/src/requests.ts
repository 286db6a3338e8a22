import { wrap } from 'idb'

/** What the database answers to a request. Whoever only writes need not wait: what fails ends the transaction, which tells it. */
export function answerTo<TAnswer>(request: IDBRequest<TAnswer>): Promise<TAnswer> {
  return wrap(request)
}
