import { faultOf, findChromium } from './chromium.mjs'

/** Says what to do before playwright says something else. */
export function setup(): void {
  const fault = faultOf(findChromium())
  if (fault !== undefined) throw new Error(fault)
}
