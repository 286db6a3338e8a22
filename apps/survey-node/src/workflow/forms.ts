import { z } from 'zod'

/** The questionnaires that an applicant fills in, in any order, a page at a time. */
export const KINDS = ['flora', 'fauna'] as const

export const kind = z.enum(KINDS)
export const responses = z.record(z.string().min(1), z.string())
export const birthday = z.iso.date()

/** What every page brings. */
export const page = z.object({ page: z.number().int().positive(), responses, userAgent: z.string().min(1) })

/** What the first page must have answered. */
export const firstPage = z.object({ responses: z.object({ name: z.string().min(1), birthday }) })

export const subject = z.object({ subjectId: z.string() })

export type Kind = z.infer<typeof kind>
export type Page = z.infer<typeof page>
