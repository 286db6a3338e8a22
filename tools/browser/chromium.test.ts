import { describe, expect, it } from 'vitest'

import { faultOf, findChromium } from './chromium.mjs'

describe('the Chromium of the tests', () => {
  it('is the one that the environment names, whatever else there is', () => {
    const path = findChromium({ TRIGGERKIT_CHROMIUM: '/opt/chromium' }, () => true)

    expect(path).toBe('/opt/chromium')
  })

  it('is nowhere where no known place has one', () => {
    const path = findChromium({}, () => false)

    expect(path).toBeUndefined()
  })

  it('is told to be missing with what to do, whether none was found or the named one is not there', () => {
    const faults = [faultOf(undefined), faultOf('/opt/chromium', () => false), faultOf('/opt/chromium', () => true)]

    expect(faults).toEqual([expect.stringContaining('apt-get install chromium'), expect.stringContaining('/opt/chromium'), undefined])
  })
})
