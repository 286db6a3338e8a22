/**
 * One questionnaire: the workflow of the survey service, with what a browser adds. `title` is a directive of this
 * application's own, which the page shows.
 */
export const questionnaire = {
  t_importSubject: {
    title: 'Imports who you are from the first page, once you have said that the questionnaire is complete.',
    after: ['firstPageReceived', 'questionnaireComplete'],
    run: 'survey.importSubject',
  },
  t_importResponses: {
    title: 'Imports every page, once the subject has been imported.',
    after: ['t_importSubject'],
    andEvery: 'pageReceived',
    run: 'survey.importResponses',
  },
  t_importBrowser: {
    title: 'Looks up the browser that a page names, unless the questionnaire is embedded in an app.',
    after: ['t_importSubject', 'pageReceived'],
    unless: ['isEmbedded'],
    run: 'survey.importBrowser',
  },
  t_assess: {
    title: 'Assesses flora and fauna when both have arrived, in either order.',
    after: ['floraReceived', 'faunaReceived'],
    run: 'survey.assess',
  },
  t_submit: {
    title: 'Sends everything to the server when nothing else is left to do. Needs a network.',
    after: ['sessionFinalized'],
    run: 'survey.submit',
  },
} as const
