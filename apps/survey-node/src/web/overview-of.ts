import type { SessionView } from '@triggerkit/engine'

/** A session as its readers want it: what is done, what failed and why, and what is still waited for. */
export async function overviewOf(session: SessionView) {
  const [{ exists, firedTriggers }, instances, unresolvedTasks] = await Promise.all([session.metadata(), session.instances(), session.unresolvedTasks()])
  return {
    exists,
    firedTriggers,
    unresolvedTasks,
    instances: instances.map(({ name, status, result, error, waitsFor }) => ({
      name,
      status,
      ...(result !== null && { result }),
      ...(error !== null && { error: { type: error.type, message: error.message } }),
      ...(waitsFor.length > 0 && { waitsFor }),
    })),
  }
}
