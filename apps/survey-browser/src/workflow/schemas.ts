import * as z from 'zod/mini'

/** What every page brings. */
export const page = z.object({ page: z.number(), responses: z.record(z.string(), z.string()), userAgent: z.string() })

/** What the first page must have answered. */
export const firstPage = z.object({ responses: z.object({ name: z.string().check(z.minLength(1)), birthday: z.iso.date('no date, such as 1815-12-10') }) })

/** Whoever imports without a subject does so for nobody: that task may have been skipped. */
export const subject = z.object({ subjectId: z._default(z.string(), 'nobody') })
