import { systemClock } from '@triggerkit/engine'

/** How many promise reactions in a row count as everything that can happen without the event loop turning. */
const REACTIONS = 300

/** Lets promises react. */
export async function reactions(): Promise<void> {
  for (let count = 0; count < REACTIONS; count += 1) await Promise.resolve()
}

/** Lets the event loop turn once. No timer: browsers delay those, and test frameworks replace them. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    const end = (): void => {
      port1.close()
      resolve()
    }
    port1.addEventListener('message', end)
    port1.start()
    port2.postMessage(null)
  })
}

/** Lets that many milliseconds of real time pass. */
export function pause(length: number): Promise<void> {
  return new Promise((resolve) => void systemClock.setTimer(resolve, length))
}
