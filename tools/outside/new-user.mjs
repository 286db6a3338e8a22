import { cpSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { runNode, runNpm } from '@triggerkit/tool-checks/repository-copy'

/** The strictest that a user may ask for: our declarations are checked, too; only the language's own are not. */
const STRICTEST = {
  target: 'es2022',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  skipDefaultLibCheck: true,
}

/** Makes of an empty folder that of a new user: the packages are installed from their tarballs, all at once and offline. */
export function newUser(folder, root, packages, wanted) {
  const needed = closure(packages, [...wanted, '@types/node'])
  const dependencies = Object.fromEntries(needed.map(({ name, tarball }) => [name, `file:${tarball}`]))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'new-user', private: true, type: 'module', dependencies, overrides: overridesOf(needed) }))
  cpSync(join(root, 'tools/outside/programs'), folder, { recursive: true })
  const { code, output } = runNpm(folder, 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund')
  if (code !== 0) throw new Error(`Installing ${wanted.join(' ')} failed:\n${output}`)
  return {
    folder,
    installed: () => listOwn(join(folder, 'node_modules')),
    compile: (files, options = {}) => compile(root, folder, { compilerOptions: { ...STRICTEST, ...options }, files }),
    run: (program, ...args) => run(folder, program, args),
  }
}

/**
 * Where two packages of others need different releases of a third, both get the one that was packed: npm would ask a registry for
 * the other. What our own packages need must suit them as it is.
 */
function overridesOf(needed) {
  const ours = new Set(needed.filter(({ isOwn }) => isOwn).flatMap(({ name, needs }) => [name, ...needs]))
  return Object.fromEntries(needed.filter(({ name }) => !ours.has(name)).map(({ name }) => [name, `$${name}`]))
}

/** Answers with what the compiler says: nothing, if all is well. */
function compile(root, folder, configuration) {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
  return runNode(folder, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.').output
}

/** Runs a program with plain Node; answers with the lines that it printed. */
function run(folder, program, args) {
  const { code, output } = runNode(folder, program, ...args)
  if (code !== 0) throw new Error(`${program} ended with ${code}:\n${output}`)
  return output.trimEnd().split('\n').map((line) => line.trimEnd())
}

/** The packages wanted, and all that they need in turn. */
function closure(packages, wanted) {
  const names = new Set(wanted)
  // A set that grows while it is walked is walked to its new end.
  for (const name of names) for (const needed of find(packages, name).needs) names.add(needed)
  return [...names].map((name) => find(packages, name))
}

function find(packages, name) {
  const found = packages.find((packed) => packed.name === name)
  if (found === undefined) throw new Error(`${name} was not packed.`)
  return found
}

/** The names of our packages in a `node_modules`. */
function listOwn(place) {
  return readdirSync(place)
    .flatMap((name) => (name === '@triggerkit' ? readdirSync(join(place, name)).map((inner) => `${name}/${inner}`) : [name]))
    .filter((name) => /^(?:@triggerkit\/|triggerkit$)/.test(name))
}
