// IndexedDB compares texts by code unit, lists member by member, and holds any list for greater than any text.

/** All records of a session. */
export function recordsOf(uid: string): IDBKeyRange {
  return IDBKeyRange.bound([uid], [uid, []])
}

/** The records of which place and key begin with `prefix`, behind `after`; `null` where none can be. */
export function pageOf(uid: string, prefix: string, after = ''): IDBKeyRange | null {
  const continued = after >= prefix
  const lower = [uid, continued ? after : prefix]
  const upper = [uid, successor(prefix)]
  return indexedDB.cmp(lower, upper) < 0 ? IDBKeyRange.bound(lower, upper, continued, true) : null
}

/** The least text that is greater than all those that begin with `prefix`, which begins with a letter. */
function successor(prefix: string): string {
  const stem = prefix.replace(/\uffff+$/, '')
  return stem.slice(0, -1) + String.fromCharCode(stem.charCodeAt(stem.length - 1) + 1)
}
