import type { Kind } from './forms.js'

/** One applicant's questionnaire of one kind. */
export interface QuestionnaireId {
  readonly kind: Kind
  readonly applicant: string
}

/** The uid of a questionnaire's session. The applicant comes last, so that no name can be taken for another's. */
export function questionnaireUid({ kind, applicant }: QuestionnaireId): string {
  return `questionnaire:${kind}:${applicant}`
}

/** The uid of the session over an applicant's questionnaires. */
export function applicantUid(applicant: string): string {
  return `applicant:${applicant}`
}
