// Part of `npm run version`: writes each package's version into its descriptor, which says it to registries.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { findDescriptors } from '@triggerkit/tool-checks/publishing'

const root = fileURLToPath(new URL('../..', import.meta.url))

for (const { file, from, to } of findDescriptors(root)) {
  if (from === to) continue
  const path = join(root, file)
  writeFileSync(path, readFileSync(path, 'utf8').replace(`version: '${from}'`, `version: '${to}'`))
  console.log(`${file}: ${from} -> ${to}`)
}
