import { isTriggerkitError, type ErrorCode } from '@triggerkit/contracts'

/** Something that went wrong, in words for whoever fills in a questionnaire. */
export interface Fault {
  readonly title: string
  readonly message: string
  readonly advice: string
}

interface Wording {
  readonly title: string
  readonly advice: string
}

const OTHER: Wording = { title: 'That did not work', advice: 'Nothing that was received before is lost. Try again, or reload the page.' }

/** What a file that is no JSON comes to. */
const UNREADABLE: Wording = { title: 'That file cannot be read', advice: 'Nothing was changed. Load a file that this page saved.' }

const WORDINGS: Partial<Record<ErrorCode, Wording>> = {
  StorageUnavailable: {
    title: 'This browser does not let the page keep anything',
    advice: 'Leave private browsing, or allow this site to store data; close its other tabs, then reload.',
  },
  StorageRefused: {
    title: 'There is no room left',
    advice: 'This was not recorded; everything before it is safe. Free some space, or save the session and start over, then try again.',
  },
  OutcomeUnknown: {
    title: 'The browser did not answer in time',
    advice: 'It may or may not have been recorded: look at the session before you do it again.',
  },
  Overloaded: { title: 'Too much at once', advice: 'This was not recorded. Wait a moment, then try again.' },
  NotFailed: { title: 'Somebody was faster', advice: 'Another tab has replayed or skipped it already.' },
  UnknownInstance: { title: 'It is gone', advice: 'Another tab has started over.' },
  ManagerMismatch: { title: 'That session belongs to another application', advice: 'Start over, or load a file that this page saved.' },
  UnsupportedFormat: { title: 'That file is from another release', advice: 'Load a file that this release saved.' },
  InvalidArgument: { title: 'That cannot be used', advice: 'Nothing was changed.' },
}

/** What to tell of an error. */
export function faultOf(error: unknown): Fault {
  const message = error instanceof Error ? error.message : String(error)
  const { title, advice } = wordingOf(error)
  return { title, message, advice }
}

function wordingOf(error: unknown): Wording {
  if (error instanceof SyntaxError) return UNREADABLE
  return (isTriggerkitError(error) ? WORDINGS[error.code] : undefined) ?? OTHER
}
