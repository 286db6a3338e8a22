/** A page of the questionnaire, as it is filled in. */
export interface Form {
  readonly page: number
  readonly title: string
  /** What it fires beside `pageReceived`. */
  readonly trigger: string
  readonly fields: readonly Field[]
}

export interface Field {
  readonly name: string
  readonly label: string
  readonly hint?: string
  /** Filled in beforehand, so that a newcomer can send it at once. */
  readonly example: string
  readonly autocomplete?: 'name' | 'bday'
}

/** The questionnaire's pages, which may be sent in any order, from any tab. */
export const FORMS: readonly Form[] = [
  {
    page: 1,
    title: 'You',
    trigger: 'firstPageReceived',
    fields: [
      { name: 'name', label: 'Name', example: 'Ada Lovelace', autocomplete: 'name' },
      {
        name: 'birthday',
        label: 'Birthday',
        hint: 'Such as 1815-12-10. With anything else a task fails, and you can correct it.',
        example: '1815-12-10',
        autocomplete: 'bday',
      },
    ],
  },
  {
    page: 2,
    title: 'Flora',
    trigger: 'floraReceived',
    fields: [{ name: 'plants', label: 'Which plants do you see?', example: 'Oak, beech, and moss underneath' }],
  },
  {
    page: 3,
    title: 'Fauna',
    trigger: 'faunaReceived',
    fields: [{ name: 'animals', label: 'Which animals do you hear?', example: 'A woodpecker, bees, a distant dog' }],
  },
]

/** What was answered, by the fields' names. */
export type Responses = Readonly<Record<string, string>>
