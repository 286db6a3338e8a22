import type { TaskConfiguration } from '@triggerkit/contracts'
import type { InstanceView, SessionView } from '@triggerkit/engine'

/** All that the page shows of the session. */
export interface SessionState {
  readonly tasks: readonly TaskState[]
  readonly fired: ReadonlySet<string>
  /** Whether the server can be reached, as far as somebody fired otherwise. */
  readonly online: boolean
}

export interface TaskState {
  readonly name: string
  readonly configuration: TaskConfiguration
  readonly instances: readonly InstanceView[]
}

/** What hears of the session. */
export interface SessionListener {
  readonly changed: (state: SessionState) => void
  readonly failed: (error: unknown) => void
}

/** Reads the session now and whenever a tab changes it; changes that come while it reads are read together. Returns what ends it. */
export function watchSession(session: SessionView, { changed, failed }: SessionListener): () => void {
  let wanted = 0
  const read = async (): Promise<void> => {
    wanted += 1
    if (wanted > 1) return
    for (let answered = 0; answered < wanted; ) {
      answered = wanted
      // What is told may fail to be shown, and so may that; the next change is read all the same.
      await stateOf(session).then(changed).catch(failed).catch(reportError)
    }
    wanted = 0
  }
  const stop = session.subscribe(() => void read())
  void read()
  return stop
}

async function stateOf(session: SessionView): Promise<SessionState> {
  const [tasks, instances, { firedTriggers }, { networkChanged }] = await Promise.all([
    session.tasks(),
    session.instances(),
    session.metadata(),
    session.latestKwargs(),
  ])
  return {
    tasks: tasks.map(({ name, configuration }) => ({ name, configuration, instances: instances.filter(({ task }) => task === name) })),
    fired: new Set(firedTriggers),
    online: (networkChanged as { online?: boolean } | undefined)?.online !== false,
  }
}
