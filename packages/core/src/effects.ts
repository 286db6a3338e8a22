/** What must be done outside once the change is committed. */
export type Effect = DispatchEffect

/** Hand the instance to its runner, if it is still scheduled by that round and attempt. */
export interface DispatchEffect {
  readonly type: 'dispatch'
  readonly instance: string
  readonly round: number
  readonly attempt: number
}
