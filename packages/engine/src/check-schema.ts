import { TriggerkitError } from '@triggerkit/contracts'
import type { SchemaIssue, SchemaResult, StandardSchema } from '@triggerkit/contracts'
import type { Workflow } from '@triggerkit/config'

/** What a schema has against a value, and where within it. */
export interface Fault {
  readonly path: string
  readonly message: string
}

/** @throws `InvalidArgument` for what is no Standard Schema, naming what it was given for */
export function standardOf(schema: unknown, owner: string): StandardSchema['~standard'] {
  const standard = (schema as StandardSchema | null | undefined)?.['~standard']
  if (typeof standard?.validate === 'function') return standard
  throw new TriggerkitError('InvalidArgument', `${owner}: the schema is not a Standard Schema.`)
}

/** A schema's issues as faults, their paths beginning at `root`. */
export function faultsOf(root: string, issues: readonly SchemaIssue[]): readonly Fault[] {
  return issues.map(({ path = [], message }) => ({
    path: [root, ...path.map((part) => String(typeof part === 'object' ? part.key : part))].join('.'),
    message,
  }))
}

/** The faults as lines of a message. */
export function listed(faults: readonly Fault[]): string {
  return faults.map(({ path, message }) => `\n  ${path}: ${message}`).join('')
}

/** What a workflow knows a trigger's kwargs or a task's result by; nothing where any will do, as for names that it doesn't know. */
export function declaredSchema(workflow: Workflow | undefined, name: string): StandardSchema | null {
  return workflow !== undefined && Object.hasOwn(workflow.triggers, name) ? (workflow.triggers[name] ?? null) : null
}

/**
 * What the schema of a trigger or task makes of a value, at once.
 * @throws `InvalidKwargs`, `InvalidResult` with every fault's path
 * @throws `InvalidArgument` naming the trigger or task whose schema throws, is asynchronous, or is none
 */
export function conform(schema: StandardSchema, value: unknown, what: 'kwargs' | 'result', name: string): unknown {
  const [code, kind] = what === 'kwargs' ? (['InvalidKwargs', 'trigger'] as const) : (['InvalidResult', 'task'] as const)
  const owner = `The ${what} of ${JSON.stringify(name)}`
  const result = validate(standardOf(schema, owner), value, owner)
  if (result.issues === undefined) return result.value
  const faults = faultsOf(what, result.issues)
  throw new TriggerkitError(code, `${owner} did not pass the schema:${listed(faults)}`, { details: { [kind]: name, faults } })
}

function validate(standard: StandardSchema['~standard'], value: unknown, owner: string): SchemaResult<unknown> {
  try {
    const answer = standard.validate(value)
    if (!('then' in answer)) return answer
    answer.then(undefined, () => undefined) // whatever becomes of it, the error below tells what is wrong
  } catch (cause) {
    throw new TriggerkitError('InvalidArgument', `${owner} could not be checked: the schema threw an error. Fix the schema.`, { cause })
  }
  const message = `${owner} could not be checked: the schema is asynchronous. Use a synchronous one, and check the rest in the task, with filterKwargs.`
  throw new TriggerkitError('InvalidArgument', message)
}
