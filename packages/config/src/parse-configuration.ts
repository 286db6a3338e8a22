import { type TaskConfigurations } from '@triggerkit/contracts'

import { invalidConfiguration, orFault, type ConfigurationFault, type Findings } from './configuration-fault.js'
import { parseTask } from './parse-task.js'
import { readEntries } from './task-entries.js'
import { valuePath } from './value-path.js'

/**
 * A valid configuration: normalised tasks in their order, and warnings about what is legal but probably unintended. The tasks are no
 * document to be parsed again: custom directives lie under `extras`, which in a document is a custom directive itself.
 */
export interface ParsedConfiguration {
  readonly tasks: TaskConfigurations
  readonly warnings: readonly ConfigurationFault[]
}

/**
 * Checks and normalises a configuration, as a whole or not at all. The result shares nothing with the input.
 * @param input - an object `{ name: task }`, a list of `[name, task]` or a Map
 * @throws `InvalidConfiguration` listing every fault with its path, also as `details.faults`
 * @example
 * parseConfiguration({ t_import: { after: ['firstPageReceived'], andEvery: 'pageReceived', run: 'app.import' } })
 */
export function parseConfiguration(input: unknown): ParsedConfiguration {
  const findings: Findings = { faults: [], warnings: [] }
  const entries = orFault('configuration', findings, () => readEntries(input, findings)) ?? []
  const tasks = entries.flatMap(([name, read]) => {
    const path = valuePath('', [name])
    const task = orFault(path, findings, () => parseTask(path, read(), findings))
    return task === undefined ? [] : [[name, task] as const]
  })
  if (findings.faults.length > 0) throw invalidConfiguration(findings.faults)
  return { tasks, warnings: findings.warnings }
}
