import type { Kind } from './forms.js'
import { KINDS } from './forms.js'

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

/** The questionnaire that a uid stands for; nothing for any other. */
export function parseQuestionnaireUid(uid: string): QuestionnaireId | undefined {
  const [, found, applicant] = /^questionnaire:([a-z]+):([^]+)$/.exec(uid) ?? []
  const kind = KINDS.find((known) => known === found)
  return kind === undefined || applicant === undefined ? undefined : { kind, applicant }
}
