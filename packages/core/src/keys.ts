/**
 * Where a session's records lie. Numbers are padded, so that keys sort by creation.
 *
 *   working set   s                    the session itself
 *                 t/<task>             a task and its current configuration
 *                 n/<task>             its counters
 *                 l/<trigger>          the id of the trigger's latest firing
 *                 i/<task>/<number>    an unresolved instance
 *   archive       i/<task>/<number>    a resolved instance
 *                 u/<task>/<number>    marks an instance with unresolved logs
 *                 c/<task>/<revision>  a configuration that was replaced
 *                 f/<firing id>        a firing with its kwargs
 *                 r/, k/, e/<task>/<number>   an instance's result, replacement kwargs, error
 *   receipts      d/<command id>       what a command did
 */
export const SESSION_KEY = 's'

/** The key of a task's record (`t`) or counters (`n`). */
export function taskKey(kind: string, index: number): string {
  return `${kind}/${String(index).padStart(5, '0')}`
}

/** The key of something that a task has by number. */
export function placeKey(kind: 'i' | 'u' | 'c' | 'r' | 'k' | 'e', index: number, number: number): string {
  return `${taskKey(kind, index)}/${String(number).padStart(9, '0')}`
}

/** The key of a latest firing (`l`, by trigger), a firing (`f`, by id) or a command's receipt (`d`, by id). */
export function namedKey(kind: 'l' | 'f' | 'd', name: string): string {
  return `${kind}/${name}`
}

/** Under which a task's instances, or those with unresolved logs, are listed; all of them without an index. */
export function instancesPrefix(kind: 'i' | 'u', index?: number): string {
  return index === undefined ? `${kind}/` : `${taskKey(kind, index)}/`
}

/** Task and number in an instance's name, or nothing if it can't be one. The task's name may itself contain `#`. */
export function parseInstanceName(name: string): { readonly task: string; readonly number: number } | undefined {
  const [, task, digits] = /^([^]+)#(0|[1-9]\d{0,8})$/.exec(name) ?? []
  return task === undefined ? undefined : { task, number: Number(digits) }
}
