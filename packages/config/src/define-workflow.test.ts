import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { defineWorkflow } from './define-workflow.js'
import { parseConfiguration } from './parse-configuration.js'

const squeeze = (text: string): string => text.split('\n').map((line) => line.trim()).filter((line) => line !== '').join('\n')

/** The README's example that begins with that, and the same in this file. */
function examples(beginning: string): readonly (string | undefined)[] {
  return ['../README.md', './define-workflow.test.ts'].map((path) => {
    const text = readFileSync(new URL(path, import.meta.url), 'utf8')
    return squeeze(beginning + text.split(beginning)[1]?.split(/```|\/\/ end/)[0])
  })
}

describe('defineWorkflow', () => {
  it('gives what parseConfiguration takes, as the README shows', () => {
    const workflow = defineWorkflow({
      triggers: { pageReceived: z.object({ number: z.number() }), closed: null },
      tasks: { t_import: { after: ['closed'], andEvery: 'pageReceived', run: 'app.import' } },
    })
    parseConfiguration(workflow.tasks)
    // end

    expect(parseConfiguration(workflow.tasks)).toMatchObject({ tasks: [['t_import', { after: ['closed', 'pageReceived'] }]], warnings: [] })
    const [readme, here] = examples(['const workflow', 'defineWorkflow({'].join(' = '))
    expect(here).toBe(readme)
  })

  it('keeps names as they are, __proto__ included, and freezes what holds them', () => {
    const tasks = JSON.parse('{"__proto__":{"after":[],"run":"r"},"constructor":{"after":[],"run":"r"}}') as Record<string, never>

    const workflow = defineWorkflow({ triggers: {}, tasks })

    expect(Object.keys(workflow.tasks)).toEqual(['__proto__', 'constructor'])
    expect([workflow, workflow.triggers, workflow.tasks].every(Object.isFrozen)).toBe(true)
  })
})
