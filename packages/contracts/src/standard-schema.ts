/** One fault that a schema found. Standard Schema, version 1: https://standardschema.dev */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

export type SchemaResult<TOutput> =
  | { readonly value: TOutput; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** Any schema of the Standard Schema family: zod, valibot, arktype and others. */
export interface StandardSchema<TInput = unknown, TOutput = TInput> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<TOutput> | PromiseLike<SchemaResult<TOutput>>
    readonly types?: { readonly input: TInput; readonly output: TOutput } | undefined
  }
}

/** The type of the values that come out of a schema. */
export type SchemaOutput<TSchema extends StandardSchema> = NonNullable<TSchema['~standard']['types']>['output']

/** The type of the values that a schema takes. */
export type SchemaInput<TSchema extends StandardSchema> = NonNullable<TSchema['~standard']['types']>['input']
