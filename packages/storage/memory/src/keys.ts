/**
 * The key of what is kept beyond its session: a commit id, a receipt. The uid's length keeps those of different sessions
 * apart, whatever characters they consist of.
 */
export function retainedKey(uid: string, key: string): string {
  return [uid.length, ':', uid, key].join('')
}
