import type { TaskContext } from '@triggerkit/engine'

/** How often work tells how far it has come. */
const STEPS = 10

/**
 * Keeps a processor busy, as a real import would, and writes down how far it has come and in which tab: all tabs show it, and if
 * this one dies, another begins anew.
 * @param duration - in milliseconds
 */
export async function work({ instance, manager, signal }: TaskContext, duration: number): Promise<void> {
  for (let step = 0; step < STEPS; step += 1) {
    await manager.updateInstanceMetadata(instance, { progress: step / STEPS, tab: self.name })
    signal.throwIfAborted()
    compute(duration / STEPS)
  }
  await manager.updateInstanceMetadata(instance, { progress: 1 })
}

// On the page's own thread this would freeze it.
function compute(duration: number): void {
  for (const end = performance.now() + duration; performance.now() < end; ) Math.sqrt(duration)
}
