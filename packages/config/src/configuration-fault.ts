import { TriggerkitError } from '@triggerkit/contracts'

import { UNREADABLE } from './json-walk.js'

/** What is wrong or doubtful in a configuration, and where: `t_a.after[2]`. */
export interface ConfigurationFault {
  readonly path: string
  readonly message: string
}

/** What has been found so far. A fault refuses the configuration, a warning does not. */
export interface Findings {
  readonly faults: ConfigurationFault[]
  readonly warnings: ConfigurationFault[]
}

/** What reading gives; nothing, and a fault at `path`, where a getter or a proxy throws. */
export function orFault<TRead>(path: string, { faults }: Findings, read: () => TRead): TRead | undefined {
  try {
    return read()
  } catch {
    faults.push({ path, message: UNREADABLE })
    return undefined
  }
}

/** The error that lists every fault, in its message and as `details.faults`. */
export function invalidConfiguration(faults: readonly ConfigurationFault[]): TriggerkitError {
  const lines = faults.map(({ path, message }) => `\n  ${path}: ${message}`)
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`
  return new TriggerkitError('InvalidConfiguration', `The configuration was refused: ${count}.${lines.join('')}`, {
    details: { faults },
  })
}
