/** How the command ends. The README and `--help` say the same. */
export const EXIT = {
  fine: 0,
  unexpected: 1,
  usage: 2,
  failedInstances: 3,
  badLines: 4,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** What the caller can mend: arguments, a configuration, a module of tasks, an input. Its message is shown as it is. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}
