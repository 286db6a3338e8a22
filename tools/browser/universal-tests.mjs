import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const nodeModule = /(?:from|import|require)\s*\(?\s*['"]node:/
const memberOfProcess = /\bprocess\.(\w+)/g

/**
 * The tests that run in Node and in the browser, unchanged: all of the packages that claim both runtimes, but for those that
 * name a Node builtin themselves. Paths are relative to the root.
 */
export function universalTests(root) {
  const files = readdirSync(join(root, 'packages'), { recursive: true })
    .map((file) => `packages/${file.replaceAll('\\', '/')}`)
    .filter((file) => !/\/(node_modules|dist)\//.test(file))
  const folders = files.filter((file) => file.endsWith('/package.json') && claimsBoth(root, file)).map(dirname)
  return files
    .filter((file) => file.endsWith('.test.ts') && !file.endsWith('.browser.test.ts'))
    .filter((file) => folders.some((folder) => file.startsWith(`${folder}/src/`)))
    .filter((file) => !namesBuiltin(readFileSync(join(root, file), 'utf8')))
}

function claimsBoth(root, manifest) {
  const { nx } = JSON.parse(readFileSync(join(root, manifest), 'utf8'))
  return nx?.tags?.includes('runtime:any') === true
}

/** Whether code needs Node. A variable named `process`, too, has members, but not those of the builtin. */
export function namesBuiltin(code) {
  return nodeModule.test(code) || [...code.matchAll(memberOfProcess)].some(([, member]) => member in process)
}
