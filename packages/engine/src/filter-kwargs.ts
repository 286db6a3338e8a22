import { TriggerkitError } from '@triggerkit/contracts'
import type { JsonObject, SchemaOutput, StandardSchema } from '@triggerkit/contracts'
import { faultsOf, listed, standardOf } from './check-schema.js'
import type { Fault } from './check-schema.js'
import { withContext } from './error-record.js'

/** One Standard Schema for all kwargs, or one for each trigger. */
export type KwargsSchemas = StandardSchema | Readonly<Record<string, StandardSchema>>

/** The schemas' output. It also contains the unchanged kwargs of triggers without a schema, which the type doesn't show. */
export type FilteredKwargs<TSchemas extends KwargsSchemas> = TSchemas extends StandardSchema
  ? SchemaOutput<TSchemas>
  : { readonly [TTrigger in keyof TSchemas]: TSchemas[TTrigger] extends StandardSchema ? SchemaOutput<TSchemas[TTrigger]> : never }

/** @throws `InvalidKwargs` with every fault's path, also as its context; `InvalidArgument` for anything but a Standard Schema */
export async function filterKwargs<TSchemas extends KwargsSchemas>(schemas: TSchemas, kwargs: JsonObject): Promise<FilteredKwargs<TSchemas>> {
  const faults: Fault[] = []
  const byTrigger = typeof schemas === 'object' && schemas !== null && !('~standard' in schemas)
  const filtered = byTrigger ? await checkEach(schemas, kwargs, faults) : await check(schemas, kwargs, 'kwargs', faults)
  if (faults.length > 0) throw invalid(faults)
  return filtered as FilteredKwargs<TSchemas>
}

async function checkEach(schemas: object, kwargs: JsonObject, faults: Fault[]): Promise<object> {
  const values = new Map<string, unknown>(Object.entries(kwargs))
  for (const [trigger, schema] of Object.entries(schemas)) {
    values.set(trigger, await check(schema, values.get(trigger) ?? {}, trigger, faults))
  }
  return Object.fromEntries(values)
}

async function check(schema: unknown, value: unknown, path: string, faults: Fault[]): Promise<unknown> {
  const result = await standardOf(schema, `filterKwargs: ${path}`).validate(value)
  if (result.issues === undefined) return result.value
  faults.push(...faultsOf(path, result.issues))
  return undefined
}

function invalid(faults: readonly Fault[]): TriggerkitError {
  const message = `The trigger kwargs did not pass the schema:${listed(faults)}`
  return withContext(new TriggerkitError('InvalidKwargs', message, { details: { faults } }), { faults })
}
