import { Draft } from './draft.js'
import { isResolved } from './selectors.js'
import type { Instance } from './state.js'

/** The working set of one session: a draft with nothing below, which forgets what is resolved. */
export class SessionState extends Draft {
  constructor() {
    super(null)
  }

  /** The instances that were handed over or are being executed. */
  inFlight(): readonly Instance[] {
    return this.instances.list('inFlight')
  }

  protected override keep(instance: Instance): void {
    if (isResolved(instance.status)) this.instances.remove(instance.name)
    else super.keep(instance)
  }
}
