import * as z from 'zod/v4/core'

import { describeValue } from './describe-value.js'
import { nameFault } from './names.js'

/** What a fault of a directive's value says, and where within the value it lies. */
export interface DirectiveIssue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

type Explain = (issue: { readonly input?: unknown }) => string

const a = (what: string): Explain => ({ input }) => `must be ${what}, not ${describeValue(input)}`
const check = (fn: (value: unknown) => boolean, error: Explain) => new z.$ZodCustom({ type: 'custom', check: 'custom', fn, error })

const isName = (value: unknown): boolean => nameFault(value) === undefined
const aName: Explain = ({ input }) => nameFault(input) ?? ''
/** What is the name of a trigger or task. */
export const NAME_SCHEMA: z.$ZodType = /* @__PURE__ */ check(isName, aName)

/** The name of a directive that has a meaning; all others are the user's own. */
export type DirectiveName = 'after' | 'andEvery' | 'unless' | 'withParams' | 'run' | 'using'

/**
 * A schema for each directive and none for the whole task: zod's object compiles code at run time, which a strict content
 * security policy reports. `zod/v4/core` rather than `zod/mini`, which would add a tenth to the whole package's weight.
 * Marked as pure, so that a bundle in which nothing is parsed contains neither the schemas nor zod.
 */
export const DIRECTIVE_SCHEMAS: Readonly<Record<DirectiveName, z.$ZodType>> = /* @__PURE__ */ makeSchemas()

function makeSchemas(): Record<DirectiveName, z.$ZodType> {
  const names = new z.$ZodArray({ type: 'array', element: NAME_SCHEMA, error: a('a list or Set of trigger names') })
  const nameOrNone = check((value) => value === '' || isName(value), aName)
  const text = check((value) => typeof value === 'string', a('a string'))
  const params = check((value) => typeof value === 'object' && !Array.isArray(value), a('an object'))
  return { after: names, andEvery: nameOrNone, unless: names, withParams: params, run: text, using: text }
}

/** The directives that have a meaning. */
export const DIRECTIVES: readonly DirectiveName[] = /* @__PURE__ */ Object.keys(DIRECTIVE_SCHEMAS) as DirectiveName[]

/** Whether a directive has a meaning. `constructor` and its like have none. */
export function isDirective(directive: string): directive is DirectiveName {
  return Object.hasOwn(DIRECTIVE_SCHEMAS, directive)
}

/** What keeps a value, itself JSON, from being that directive's. */
export function findIssues(directive: DirectiveName, value: unknown): readonly DirectiveIssue[] {
  return z.safeParse(DIRECTIVE_SCHEMAS[directive], value).error?.issues ?? []
}
