import { systemClock } from '@triggerkit/engine'

/** Lets real time pass. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void systemClock.setTimer(resolve, milliseconds))
}
