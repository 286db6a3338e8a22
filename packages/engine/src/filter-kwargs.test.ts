import type { JsonObject, StandardSchema } from '@triggerkit/contracts'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod/mini'
import { errorContext, toErrorRecord } from './error-record.js'
import { filterKwargs } from './filter-kwargs.js'

/** A schema as somebody writes it by hand: an object with a positive `score`. */
const scored: StandardSchema<unknown, { score: number }> = {
  '~standard': {
    version: 1,
    vendor: 'by-hand',
    validate: (value) => {
      const { score } = value as { score?: unknown }
      if (typeof score === 'number' && score > 0) return { value: { score } }
      return { issues: [{ message: 'must be positive', path: [{ key: 'score' }] }, { message: 'must be known' }] }
    },
  },
}

const page = z.object({ birthday: z.pipe(z.string(), z.transform((text) => new Date(text))), name: z.string() })

async function faultOf(run: Promise<unknown>): Promise<Error & { code?: string }> {
  return run.then(
    () => Promise.reject(new Error('nothing was refused')),
    (error: Error) => error,
  )
}

describe('filterKwargs', () => {
  it('gives the transformed values of a schema per trigger', async () => {
    const kwargs = { pageReceived: { birthday: '2000-01-01', name: 'Marcus', extra: 1 }, scored: { score: 7 } }

    const filtered = await filterKwargs({ pageReceived: page, scored }, kwargs)

    expect(filtered).toEqual({ pageReceived: { birthday: new Date('2000-01-01'), name: 'Marcus' }, scored: { score: 7 } })
    expectTypeOf(filtered.pageReceived.birthday).toEqualTypeOf<Date>()
    expectTypeOf(filtered.scored.score).toEqualTypeOf<number>()
  })

  it('takes one schema for all kwargs', async () => {
    const filtered = await filterKwargs(z.object({ scored: z.object({ score: z.number() }) }), { scored: { score: 7 }, other: {} })

    expect(filtered).toEqual({ scored: { score: 7 } })
    expectTypeOf(filtered.scored.score).toEqualTypeOf<number>()
  })

  it('passes on the kwargs of a trigger that is not named', async () => {
    expect(await filterKwargs({ scored }, { scored: { score: 1 }, other: { kept: true } })).toEqual({ scored: { score: 1 }, other: { kept: true } })
  })

  it('takes the kwargs of an absent trigger for empty', async () => {
    const optional = z.object({ model: z._default(z.string(), 'Psych 01') })

    expect(await filterKwargs({ absent: optional }, {})).toEqual({ absent: { model: 'Psych 01' } })
  })

  it('lists all faults with their paths in one error, and in its context', async () => {
    const error = await faultOf(filterKwargs({ pageReceived: page, scored }, { pageReceived: { birthday: 4 } }))

    expect(error.code).toBe('InvalidKwargs')
    for (const path of ['pageReceived.birthday', 'pageReceived.name', 'scored.score', 'scored']) expect(error.message).toContain(`\n  ${path}: `)
    expect(errorContext(error)['faults']).toHaveLength(4)
    expect((toErrorRecord(error).context['faults'] as JsonObject[]).map(({ path }) => path)).toEqual([
      'pageReceived.birthday',
      'pageReceived.name',
      'scored.score',
      'scored',
    ])
  })

  it('names the whole in the paths of a schema for all kwargs', async () => {
    expect((await faultOf(filterKwargs(z.object({ a: z.object({ b: z.number() }) }), { a: {} }))).message).toContain('\n  kwargs.a.b: ')
  })

  it('waits for a schema that answers later', async () => {
    const known = z.object({ id: z.number().check(z.refine(async (id) => Promise.resolve(id < 10), 'is not known')) })

    expect(await filterKwargs({ subject: known }, { subject: { id: 3 } })).toEqual({ subject: { id: 3 } })
    expect((await faultOf(filterKwargs({ subject: known }, { subject: { id: 30 } }))).message).toContain('subject.id: is not known')
  })

  it('lets the error of a schema that throws through', async () => {
    const broken: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'by-hand',
        validate: () => {
          throw new RangeError('broken')
        },
      },
    }

    expect(await faultOf(filterKwargs({ broken }, {}))).toBeInstanceOf(RangeError)
  })

  it.each([{ subject: undefined }, { subject: {} }])('refuses what is no schema, by the name of its trigger', async (schemas) => {
    expect(await faultOf(filterKwargs(schemas as never, {}))).toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining('subject') })
  })

  it.each([undefined, null, 'subject', () => true])('refuses what is neither a schema nor an object of schemas: %o', async (schemas) => {
    expect(await faultOf(filterKwargs(schemas as never, {}))).toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining('filterKwargs') })
  })

  it('keeps a trigger called __proto__ as a plain member', async () => {
    const filtered = await filterKwargs({}, JSON.parse('{"__proto__":{"polluted":true}}') as JsonObject)

    expect(Object.keys(filtered)).toEqual(['__proto__'])
    expect('polluted' in {}).toBe(false)
  })
})
