import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

import { listFiles, listPackages } from './workspace.mjs'

const forbiddenName = /^(utils?|helpers?|common|types)\.[cm]?[jt]sx?$/
const layers = ['contracts', 'core', 'config', 'registry', 'session-records', 'job-queue', 'engine', 'storage', 'runners', 'managers', 'tabs', 'testing', 'bundle', 'app', 'tool']
const runtimes = ['any', 'node', 'browser', 'both']
// The first is for a first try; Nx finds generators by their package's name, and ours are called `tools:storage`, `tools:runner`.
const unscopedNames = { 'packages/triggerkit': 'triggerkit', 'tools/generators': 'tools' }
const requiredTargets = ['build', 'typecheck', 'lint', 'publishable']
const requiredExports = ['.', './package.json']

/** Each package lies where its name says and declares what users and the import rules rely on. */
export function checkPackages(root) {
  return listPackages(root).flatMap((workspace) => findPackageFaults(workspace).map((fault) => `${workspace.folder}: ${fault}`))
}

export function findPackageFaults({ folder, manifest, files }) {
  const has = (file) => files.includes(`${folder}/${file}`)
  const faults = {
    [`is named ${manifest.name}, but its folder says ${expectedName(folder)}`]: manifest.name !== expectedName(folder),
    'has no "license": "MIT"': manifest.license !== 'MIT',
    'has no description': !manifest.description,
    'has no "engines": { "node": … }': !manifest.engines?.node,
    'needs one nx tag "layer:…" out of the known ones': !hasOneTag(manifest, 'layer', layers),
    'needs one nx tag "runtime:…" out of the known ones': !hasOneTag(manifest, 'runtime', runtimes),
    ...(manifest.private ? {} : publishedFaults(manifest, has)),
  }
  return Object.keys(faults).filter((fault) => faults[fault])
}

function publishedFaults(manifest, has) {
  const missing = adapterFiles(manifest).filter((file) => !has(file))
  return {
    'has no README.md': !has('README.md'),
    'does not export "." and "./package.json"': requiredExports.some((path) => !(path in (manifest.exports ?? {}))),
    'does not name "@triggerkit/source" as the first condition of "."': Object.keys(manifest.exports?.['.'] ?? {})[0] !== '@triggerkit/source',
    'is not marked "sideEffects": false': manifest.sideEffects !== false,
    'has no keyword "triggerkit"': !manifest.keywords?.includes('triggerkit'),
    [`has not all of the targets ${requiredTargets.join(', ')}`]: requiredTargets.some((target) => !manifest.nx?.targets?.[target]),
    [`is an adapter without ${missing.join(', ')}`]: missing.length > 0,
  }
}

/** What every adapter has, so that whoever knows one finds his way in the next. `npx nx g tools:storage` writes them all. */
function adapterFiles({ name, nx }) {
  const [, kind, adapter] = /^@triggerkit\/(storage|runners)-(.+)$/.exec(name) ?? []
  if (kind === undefined) return []
  const own = kind === 'storage' ? [`src/${adapter}-storage.ts`, 'src/keys.ts'] : [`src/${adapter}-runner.ts`]
  // Where it can only run in a browser, it is held to its port there.
  const test = nx?.tags?.includes('runtime:browser') ? 'browser.test.ts' : 'test.ts'
  return [...own, 'src/options.ts', `src/${adapter}.conformance.${test}`, `src/${adapter}.${test}`]
}

function expectedName(folder) {
  const path = folder.replace(/^packages\//, '').replace(/^apps\//, 'app/').replace(/^tools\//, 'tool/')
  return unscopedNames[folder] ?? `@triggerkit/${path.replaceAll('/', '-')}`
}

function hasOneTag(manifest, axis, known) {
  const values = (manifest.nx?.tags ?? []).filter((tag) => tag.startsWith(`${axis}:`)).map((tag) => tag.slice(axis.length + 1))
  return values.length === 1 && known.includes(values[0])
}

/** A thing lives beside the code that owns it, under its own name. */
export function checkFileNames(root) {
  return listFiles(root)
    .filter((file) => forbiddenName.test(basename(file)))
    .map((file) => `${file}: name the file after what it holds`)
}

// Put together from pieces, so that the check does not find itself.
const foreignAddress = new RegExp(
  [
    ['registry', 'npmjs', 'org'].join('\\.'),
    ['registry', 'yarnpkg', 'com'].join('\\.'),
    ['npm', 'pkg', 'github', 'com'].join('\\.'),
    `(?<![\\w.*)}\\]-])/(?:${['root', 'home', 'Users', 'work'].join('|')})/[\\w.-]+`,
  ].join('|'),
)

/** What is true of one machine or network only has no place in the repository. */
export function checkAddresses(root) {
  return listFiles(root, { tracked: true }).flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        const found = foreignAddress.exec(line)
        return found ? [`${file}:${index + 1}: "${found[0]}" is a registry or a path of one machine`] : []
      }),
  )
}

/** A suppression carries its reason: `-- why` after the rule. */
export function checkSuppressions(root) {
  const directive = new RegExp(`${'eslint'}-disable(?!.* -- \\S)|@ts-(?:ignore|nocheck)`)
  return listFiles(root)
    .filter((file) => /^(packages|apps|tools)\/.*\.[cm]?[jt]s$/.test(file) && file !== 'tools/checks/layout.mjs')
    .flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .flatMap((line, index) => (directive.test(line) ? [`${file}:${index + 1}: says no reason (" -- why" after the rule)`] : [])),
    )
}
