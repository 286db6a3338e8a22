import type { Kind } from './forms.js'

/** One questionnaire: the workflow of the reference's documentation, and what follows when all is done. */
export const questionnaire = {
  // Imports data from the first page, but not before the questionnaire is completed.
  t_importSubject: { after: ['firstPageReceived', 'questionnaireComplete'], run: 'survey.importSubject' },
  // Imports every page, once there is a subject.
  t_importResponses: { after: ['t_importSubject'], andEvery: 'pageReceived', run: 'survey.importResponses' },
  // Looks up the browser by any one page, unless the questionnaire is embedded in an app.
  t_importBrowser: { after: ['t_importSubject', 'pageReceived'], unless: ['isEmbedded'], run: 'survey.importBrowser' },
  // Runs when nothing else is left to do.
  t_archive: { after: ['sessionFinalized'], run: 'survey.archive' },
} as const

/** What both questionnaires of one applicant lead to: the "super session". */
export const applicant = {
  t_assess: { after: [pageOf('flora', 3), pageOf('fauna', 3)], run: 'survey.assess' },
} as const

/** The trigger that a page of one questionnaire is to the applicant's session. */
export function pageOf(kind: Kind, page: number): string {
  return `${kind}Page${page}Received`
}
