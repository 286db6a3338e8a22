/*
 * Compiled by the target `typecheck-tests`, never run. What must not compile is marked, with a piece of what the compiler says
 * of it; it refuses a mark without an error, and `compiler-messages.test.ts` compares the messages.
 */
import { defineWorkflow } from '@triggerkit/config'
import type { JsonObject, Storage, StandardSchema } from '@triggerkit/contracts'
import * as v from 'valibot'
import { expectTypeOf } from 'vitest'
import * as z from 'zod'
import { createTriggers, defineTask, defineTasks, TriggerManager } from './index.js'
import type { FireAnswer, FireOptions, Triggers, TypedManager } from './index.js'

declare const storage: Storage
const base = { storage, runners: {} }

/** A schema as somebody writes it by hand. */
declare const scored: StandardSchema<{ score: string }, { score: number }>

const workflow = defineWorkflow({
  triggers: {
    pageReceived: z.object({ number: z.number(), locale: z.string().default('en') }),
    photoUploaded: v.object({ url: v.string(), width: v.optional(v.number()) }),
    filtered: v.object({ colour: v.optional(v.string()) }),
    scored,
    closed: null,
    t_import: z.object({ id: z.string().transform(Number) }),
    t_log: z.object({ lines: z.number().optional() }),
  },
  tasks: {
    t_import: { after: ['closed', 'scored'], andEvery: 'pageReceived', run: 'app.import', withParams: { pageReceived: { number: 1 }, model: { name: 'a' } }, colour: 'red' },
    t_notify: { after: ['t_import', 'photoUploaded'], unless: ['filtered', 't_log'], run: 'app.notify', using: 'bullmq' },
    t_log: { after: ['t_notify'], run: 'app.log', andEvery: '' },
    t_also: { after: ['pageReceived'], andEvery: null, run: 'app.both' },
    t_too: { after: ['scored'], run: 'app.both' },
    t_model: { after: [], run: 'app.model' },
    model: { after: ['closed'], run: 'app.model' },
  },
})

const triggers = createTriggers({ ...base, workflow })
const manager = triggers.manager('session')

expectTypeOf(triggers).toEqualTypeOf<Triggers<typeof workflow>>()
expectTypeOf(manager).toEqualTypeOf<TypedManager<typeof workflow>>()

/** What compiles: kwargs as the schema takes them, left out where it takes an empty object, of triggers and tasks. */
export async function rightKwargs(): Promise<FireAnswer> {
  await manager.fire('pageReceived', { number: 3 })
  await manager.fire('pageReceived', { number: 3, locale: 'de' }, { id: 'x' })
  await manager.fire('photoUploaded', { url: 'a.png', width: 3 })
  await manager.fire('scored', { score: '3' })
  await manager.fire('filtered')
  await manager.fire('filtered', undefined, { id: 'x' })
  await manager.fire('filtered', { colour: 'red' })
  await manager.fire('closed')
  await manager.fire('closed', { whatever: [1, null] })
  await manager.fire('t_import', { id: '7' })
  await manager.fire('t_notify', { free: true })
  return manager.transaction((transaction) => {
    transaction.fire('pageReceived', { number: 3 })
    return transaction.fire('closed')
  })
}

declare const eitherTrigger: 'pageReceived' | 'scored'
declare const perhapsFree: 'pageReceived' | 'closed'
declare const needsNothing: 'filtered' | 'closed'

/** What compiles where a trigger is one of several: kwargs that all their schemas take. */
export async function kwargsForSeveral(): Promise<void> {
  await manager.fire(eitherTrigger, { number: 3, score: '3' })
  await manager.fire(perhapsFree, { number: 3 })
  await manager.fire(needsNothing)
}

/** What compiles: bodies that use the kwargs of the triggers that their tasks wait for, as the schemas give them. */
export const rightTasks = createTriggers({
  ...base,
  workflow,
  tasks: defineTasks(workflow, {
    'app.import': async ({ triggerKwargs, manager: own, filterKwargs }) => {
      expectTypeOf(triggerKwargs.pageReceived).toEqualTypeOf<{ number: number; locale: string }>()
      expectTypeOf(triggerKwargs.scored).toEqualTypeOf<{ score: number }>()
      expectTypeOf(triggerKwargs.closed).toEqualTypeOf<JsonObject>()
      expectTypeOf(triggerKwargs.model).toEqualTypeOf<JsonObject>()
      expectTypeOf<keyof typeof triggerKwargs>().toEqualTypeOf<'pageReceived' | 'scored' | 'closed' | 'model'>()
      expectTypeOf(await filterKwargs({ closed: z.object({ at: z.coerce.date() }) })).toEqualTypeOf<{ readonly closed: { at: Date } }>()
      await own.fire('photoUploaded', { url: 'a.png' })
      return { id: '7' }
    },
    'app.notify': [
      { maxRetries: 5, retry: { delay: '1s' } },
      ({ triggerKwargs, retry }) => {
        expectTypeOf(triggerKwargs).toEqualTypeOf<{
          readonly t_import: { id: number }
          readonly photoUploaded: { url: string; width?: number | undefined }
        }>()
        if (triggerKwargs.photoUploaded.width === undefined) throw retry()
        return ['whatever']
      },
    ],
    'app.log': async ({ triggerKwargs }) => {
      expectTypeOf(triggerKwargs).toEqualTypeOf<{ readonly t_notify: JsonObject }>()
    },
    'app.both': ({ triggerKwargs }) => {
      expectTypeOf(triggerKwargs).toEqualTypeOf<
        { readonly pageReceived: { number: number; locale: string } } | { readonly scored: { score: number } }
      >()
      return 'scored' in triggerKwargs ? { score: triggerKwargs.scored.score } : null
    },
    'app.model': () => undefined,
  }),
})

/** What compiles: whatever takes the untyped takes the typed, and nothing is lost without a workflow. */
export async function untyped(): Promise<void> {
  const widened: Triggers = triggers
  const plain: TriggerManager = manager
  await widened.manager('session').fire('anything', { free: true })
  await plain.fire('anything')

  const free = createTriggers({ ...base, configuration: { t_a: { after: ['a'], run: 'app.a' } }, tasks: [defineTask('app.a', ({ triggerKwargs }) => triggerKwargs.a?.free)] })
  expectTypeOf(free).toEqualTypeOf<Triggers>()
  expectTypeOf(free.manager('session')).toEqualTypeOf<TriggerManager>()
  await free.manager('session').fire('anything', { free: true }, { id: 'x' })
  await free.manager('session').transaction((transaction) => transaction.fire('anything'))
}

/** What compiles: managers of before, which override what they like. */
export class CountingManager extends TriggerManager {
  static override readonly configuration = { t_thank: { after: ['done'], run: 'app.thank' } }
  fires = 0

  override async fire(trigger: string, kwargs?: JsonObject, options?: FireOptions): Promise<FireAnswer> {
    this.fires += 1
    return super.fire(trigger, kwargs, options)
  }

  protected override async postFire(trigger: string): Promise<void> {
    if (trigger === 'done') await this.fire('thanked')
  }
}
export const counting = createTriggers({ ...base, workflow, managers: { counting: CountingManager } }).manager('session', { manager: 'counting' })

/** What doesn't compile: a name that nobody knows, in each directive. */
export const wrongNames = [
  defineWorkflow({
    triggers: { pageReceived: null },
    // @ts-expect-error: "pageRecieved"
    tasks: { t_import: { after: ['pageRecieved'], run: 'app.import' } },
  }),
  defineWorkflow({
    triggers: { pageReceived: null },
    tasks: {
      t_import: { after: ['pageReceived'], run: 'app.import' },
      // @ts-expect-error: "t_imprt"
      t_notify: { after: ['t_imprt'], run: 'app.notify' },
    },
  }),
  // @ts-expect-error: 'UnknownName<"b">'
  defineWorkflow({ triggers: { a: null }, tasks: { t_a: { after: ['a'], andEvery: 'b', run: 'app.a' } } }),
  // @ts-expect-error: Type '"b"' is not assignable to type '"a" | "t_a"'
  defineWorkflow({ triggers: { a: null }, tasks: { t_a: { after: ['a'], unless: ['b'], run: 'app.a' } } }),
  // @ts-expect-error: 'UnknownName<"bee">'
  defineWorkflow({ triggers: { a: null }, tasks: { t_a: { after: ['a'], withParams: { bee: { x: 1 } }, run: 'app.a' } } }),
  // @ts-expect-error: Type 'number' is not assignable to type 'JsonObject'
  defineWorkflow({ triggers: { a: null }, tasks: { t_a: { after: ['a'], withParams: { a: 1 }, run: 'app.a' } } }),
  // @ts-expect-error: Property 'run' is missing
  defineWorkflow({ triggers: { a: null }, tasks: { t_a: { after: ['a'] } } }),
  // @ts-expect-error: Property 'after' is missing
  defineWorkflow({ triggers: { a: null }, tasks: { t_a: { run: 'app.a' } } }),
  // @ts-expect-error: 'type' does not exist in type 'StandardSchema<unknown, unknown>'
  defineWorkflow({ triggers: { a: { type: 'object' } }, tasks: {} }),
]

export async function wrongKwargs(): Promise<void> {
  // @ts-expect-error: Argument of type '"pageRecieved"' is not assignable to parameter of type '"
  await manager.fire('pageRecieved')
  // @ts-expect-error: Type 'string' is not assignable to type 'number'
  await manager.fire('pageReceived', { number: '3' })
  // @ts-expect-error: Property 'number' is missing in type '{}'
  await manager.fire('pageReceived', {})
  // @ts-expect-error: Expected 2-3 arguments, but got 1
  await manager.fire('pageReceived')
  // @ts-expect-error: Type 'string' is not assignable to type 'number'
  await manager.fire('pageReceived', { number: '3' }, { id: 'x' })
  // @ts-expect-error: Type 'number' is not assignable to type 'string'
  await manager.fire('photoUploaded', { url: 3 })
  // @ts-expect-error: Type 'number' is not assignable to type 'string'
  await manager.fire('scored', { score: 3 })
  // @ts-expect-error: Type 'Date' is not assignable to type 'JsonValue'
  await manager.fire('closed', { at: new Date() })
  // @ts-expect-error: Type 'number' is not assignable to type 'string'
  await manager.fire('t_import', { id: 3 })
  // @ts-expect-error: Property 'score' is missing in type '{ number: number; }'
  await manager.fire(eitherTrigger, { number: 3 })
  // @ts-expect-error: Expected 2-3 arguments, but got 1
  await manager.fire(perhapsFree)
  // @ts-expect-error: Argument of type '"pageRecieved"'
  await manager.transaction((transaction) => transaction.fire('pageRecieved'))
  // @ts-expect-error: Type 'string' is not assignable to type 'number'
  await manager.transaction((transaction) => transaction.fire('pageReceived', { number: '3' }))
}

const all = {
  'app.import': () => ({ id: '7' }),
  'app.notify': () => null,
  'app.log': () => ({}),
  'app.both': () => undefined,
  'app.model': () => undefined,
}
const { 'app.notify': _left, ...withoutNotify } = all

export const wrongTasks = [
  // @ts-expect-error: Property '"app.notify"' is missing
  defineTasks(workflow, withoutNotify),
  // @ts-expect-error: ''app.notfy'' does not exist in type 'TaskHandlers<
  defineTasks(workflow, { ...withoutNotify, 'app.notfy': () => null }),
  // @ts-expect-error: ''app.imprt'' does not exist in type 'TaskHandlers<
  defineTasks(workflow, { ...all, 'app.imprt': () => null }),
  // @ts-expect-error: Property 'pageReceived' does not exist on type '{ readonly photoUploaded: 
  defineTasks(workflow, { ...all, 'app.notify': ({ triggerKwargs }) => triggerKwargs.pageReceived }),
  // @ts-expect-error: Property 'toFixed' does not exist on type 'string'
  defineTasks(workflow, { ...all, 'app.notify': ({ triggerKwargs }) => triggerKwargs.photoUploaded.url.toFixed() }),
  // @ts-expect-error: 'maxRetry' does not exist in type 'TaskOptions'
  defineTasks(workflow, { ...all, 'app.notify': [{ maxRetry: 3 }, () => undefined] }),
  // @ts-expect-error: Type '{ id: number; }' is not assignable to type '{ id: string; }'
  defineTasks(workflow, { ...all, 'app.import': () => ({ id: 7 }) }),
  // @ts-expect-error: Property 'id' is missing in type '{ identity: string; }'
  defineTasks(workflow, { ...all, 'app.import': async () => ({ identity: '7' }) }),
  // @ts-expect-error: Type 'undefined' is not assignable to type '{ id: string; }
  defineTasks(workflow, { ...all, 'app.import': () => undefined }),
  // @ts-expect-error: Type 'number' is not assignable to type 'string'
  defineTasks(workflow, { ...all, 'app.import': [{ maxRetries: 1 }, () => ({ id: 7 })] }),
  // @ts-expect-error: Argument of type '"pageRecieved"'
  defineTasks(workflow, { ...all, 'app.notify': ({ manager: own }) => own.fire('pageRecieved') }),
  // @ts-expect-error: Property 'scored' does not exist on type '{ readonly 
  defineTasks(workflow, { ...all, 'app.both': ({ triggerKwargs }) => triggerKwargs.scored }),
]
