import type { InstanceView } from '@triggerkit/engine'

import type { Fault } from '../faults.js'
import type { SessionState } from '../session-state.js'
import type { TabsSeen } from '../tab-watch.js'
import type { Form, Responses } from '../workflow/forms.js'

/** All that the page is made from. */
export interface Model {
  /** `null` until it was read for the first time. */
  readonly session: SessionState | null
  readonly tabs: TabsSeen
  /** Whether the browser has promised to keep what is recorded; `null` until it has answered. */
  readonly kept: boolean | null
  /** Whether this tab's pages name a browser that nobody knows, so that a task fails. */
  readonly unknownBrowser: boolean
  readonly fault: Fault | null
  /** What was done last, told to everybody, screen readers included. */
  readonly notice: string
}

/** What a user can do. None of it waits: what comes of it shows in the model. */
export interface Actions {
  readonly sendPage: (form: Form, responses: Responses) => void
  readonly complete: () => void
  readonly embed: () => void
  readonly setOnline: (online: boolean) => void
  readonly setUnknownBrowser: (unknown: boolean) => void
  /** With kwargs as JSON, or with those that it had. @throws `SyntaxError` */
  readonly replay: (instance: InstanceView, kwargs: string | null) => void
  readonly skip: (instance: InstanceView) => void
  readonly startAnew: () => void
  readonly save: () => void
  readonly load: (file: File) => void
  readonly crash: () => void
  readonly dismiss: () => void
}
