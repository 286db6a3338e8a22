// `npm test`: everything that must hold, in one command. A second run with nothing changed answers from Nx's cache.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { runNx } from './nx.mjs'
import { root, setup } from './setup.mjs'

setup()

// Imported after the set-up: some of them load dependencies.
const { checkLockFile } = await import('./checks/lockfile.mjs')
const { checkAddresses, checkFileNames, checkPackages, checkSuppressions } = await import('./checks/layout.mjs')
const { checkPublishing } = await import('./checks/publishing.mjs')
const { checkCycles } = await import('./checks/cycles.mjs')
const { checkBrowserBundles, checkSizes } = await import('./checks/size.mjs')
const { provideChromium } = await import('./browser/chromium.mjs')

const reportFile = join(root, 'reports', 'tests.json')
const codeTargets = ['build', 'typecheck', 'typecheck-tests', 'lint', 'unused', 'publishable', 'acceptance']
const total = { passed: 0, failed: 0 }

function report(name, faults, note = '') {
  const failed = faults.length > 0
  total[failed ? 'failed' : 'passed'] += 1
  console.log(`${failed ? 'FAIL' : 'ok  '} ${name}${note ? `  (${note})` : ''}`)
  for (const fault of faults) console.log(`     ${fault}`)
}

/** A check returns its faults, or `{ faults, note }`; one that throws has failed. */
async function check(name, run) {
  try {
    const result = await run(root)
    report(name, result.faults ?? result, result.note)
  } catch (error) {
    report(name, [error instanceof Error ? error.message : String(error)])
  }
}

/** Nx prints each task under a heading of its own; the last one is followed by a summary. */
function taskOutput(output, task) {
  const [, section = ''] = output.split(`> nx run ${task}\n`)
  return `--- ${task}\n${section.split(/^(?:> nx run | NX {2})/m)[0].trim()}`
}

/** One check for each target; the targets' own output is shown where something failed. */
function reportTargets({ code, output }) {
  const failedTasks = [...output.matchAll(/^\s*- (\S+:(\S+))$/gm)].filter(([, , target]) => [...codeTargets, 'test'].includes(target))
  if (code !== 0 && failedTasks.length === 0) return report('nx', [`ended with ${code}:`, output.trim()])
  for (const [, task] of failedTasks) console.log(taskOutput(output, task))
  for (const target of codeTargets) {
    report(target, failedTasks.filter(([, , failed]) => failed === target).map(([, task]) => `${task} failed, see above`))
  }
}

/** Vitest's tests count one by one; a file that doesn't load counts as one failed test. */
function reportTests() {
  if (!existsSync(reportFile)) return report('vitest', ['left no report'])
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(reportFile, 'utf8'))
  const broken = testResults.filter(({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'))
  total.passed += numPassedTests
  total.failed += numFailedTests + broken.length
  console.log(`${numFailedTests + broken.length > 0 ? 'FAIL' : 'ok  '} vitest  (${numPassedTests} of ${numPassedTests + numFailedTests + broken.length} tests)`)
}

await check('lock file is complete and names no address', checkLockFile)
await check('packages lie where their names say', checkPackages)
await check('published packages declare what strangers rely on', checkPublishing)
await check('file names say what is inside', checkFileNames)
await check('no registry or machine path is tracked', checkAddresses)
await check('suppressions carry a reason', checkSuppressions)
await check('no import cycles', checkCycles)
await check('browser bundles reach no Node builtin', checkBrowserBundles)
await check('sizes are within budget', checkSizes)
await check('a Chromium is there for the tests', provideChromium)

rmSync(reportFile, { force: true })
reportTargets(await runNx([...codeTargets, 'test']))
reportTests()

console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0
