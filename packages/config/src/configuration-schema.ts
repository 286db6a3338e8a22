import { type JsonObject } from '@triggerkit/contracts'
import * as z from 'zod/v4/core'

import { DIRECTIVE_SCHEMAS, DIRECTIVES, NAME_SCHEMA, type DirectiveName } from './directives.js'
import { MAX_NAME_LENGTH } from './names.js'
import { MAX_TASKS } from './task-entries.js'

/*
 * No part of the bundle: `configuration-schema.test.ts` writes what this makes to `schema/v1`. So the words can be as many as an
 * editor's user needs. A change that refuses what version 1 takes is a new version, in a folder beside it.
 */

const NAME = { type: 'string', minLength: 1, maxLength: MAX_NAME_LENGTH }

/** What the checks that are code say in JSON Schema: zod can't know. */
const CHECKS: ReadonlyMap<z.$ZodType, JsonObject> = new Map<z.$ZodType, JsonObject>([
  [NAME_SCHEMA, NAME],
  [DIRECTIVE_SCHEMAS.andEvery, { ...NAME, minLength: 0 }],
  [DIRECTIVE_SCHEMAS.withParams, { type: 'object', additionalProperties: { type: 'object' } }],
  [DIRECTIVE_SCHEMAS.run, { type: 'string' }],
])

const REQUIRED: readonly DirectiveName[] = ['after', 'run']

const WORDS: Readonly<Record<DirectiveName, JsonObject>> = {
  after: {
    description: 'The task runs once all of these triggers have fired, in any order. A task\'s name is a trigger, too: it fires when the task has finished.',
    examples: [['firstPageReceived', 'questionnaireComplete'], ['t_importSubject']],
  },
  andEvery: {
    description: 'The task runs each time this trigger fires, every run with the kwargs of its own firing; the trigger need not be listed in "after".',
    examples: ['pageReceived'],
  },
  unless: {
    description: 'The task does not run if all of these triggers have fired before it could start.',
    examples: [['isEmbedded']],
  },
  withParams: {
    description: 'Static kwargs by trigger, merged with the kwargs that each trigger is fired with; fired values win.',
    examples: [{ firstPageReceived: { locale: 'en' } }],
    defaultSnippets: [{ label: '{ trigger: { … } }', body: { '${1:trigger}': { '${2:name}': '$3' } } }],
  },
  run: {
    description: 'The name of the task function to run, as the application defines it with defineTask.',
    examples: ['app.importSubject'],
  },
  using: {
    description: 'The key of the runner that executes the task; by default the one of the manager or the application.',
    examples: ['inline'],
  },
}

const TASK_WORDS: JsonObject = {
  title: 'Task',
  description: 'A task: which triggers it waits for, and which function it then runs.',
  defaultSnippets: [{ label: 'task', description: 'Runs a function once triggers have fired.', body: { after: ['${1:trigger}'], run: '${2:app.function}' } }],
}

/** What an editor needs to complete, explain and check a configuration: a JSON Schema, draft-07. */
export function configurationSchema(): JsonObject {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Triggerkit configuration, version 1',
    description: 'Tasks by name: an object, or a list of [name, task] if names look like integers and their order matters.',
    type: ['object', 'array'],
    properties: { $schema: { type: 'string', description: 'The location of this schema; only editors use it.' } },
    propertyNames: NAME,
    additionalProperties: { $ref: '#/definitions/task' },
    maxProperties: MAX_TASKS + 1,
    items: {
      type: 'array',
      items: [{ ...NAME, description: 'The name of the task, which it fires when it has finished.' }, { $ref: '#/definitions/task' }],
      minItems: 2,
      maxItems: 2,
    },
    maxItems: MAX_TASKS,
    allowComments: true,
    allowTrailingCommas: true,
    definitions: { task: taskSchema() },
  }
}

function taskSchema(): JsonObject {
  const { $schema: _draft, properties, ...task } = z.toJSONSchema(taskObject(), {
    target: 'draft-07',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => void Object.assign(jsonSchema, CHECKS.get(zodSchema)),
  }) as unknown as JsonObject & { readonly properties: Readonly<Record<DirectiveName, JsonObject>> }
  const described = DIRECTIVES.map((directive) => [directive, { ...orNull(directive, properties[directive]), ...WORDS[directive] }])
  const additionalProperties = { description: 'A directive of your own: any JSON, which the task function finds in its extras.' }
  return { ...task, ...TASK_WORDS, properties: Object.fromEntries(described) as JsonObject, additionalProperties }
}

/** The directives in one object, as only a schema needs them: see {@link DIRECTIVE_SCHEMAS}. */
function taskObject(): z.$ZodType {
  const shape = DIRECTIVES.map((directive) => {
    const schema = DIRECTIVE_SCHEMAS[directive]
    return [directive, REQUIRED.includes(directive) ? schema : new z.$ZodOptional({ type: 'optional', innerType: schema })] as const
  })
  return new z.$ZodObject({ type: 'object', shape: Object.fromEntries(shape) })
}

/** An optional directive may be `null`, which is none. */
function orNull(directive: DirectiveName, schema: JsonObject): JsonObject {
  return REQUIRED.includes(directive) ? schema : { ...schema, type: [schema['type'] as string, 'null'] }
}
