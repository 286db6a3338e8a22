import { describe, expect, it } from 'vitest'

import { configurationSchema } from './configuration-schema.js'

describe('the JSON Schema', () => {
  it('is the one that is published; after a change, update it with vitest -u', async () => {
    await expect(`${JSON.stringify(configurationSchema(), null, 2)}\n`).toMatchFileSnapshot('../schema/v1/configuration.schema.json')
  })
})
