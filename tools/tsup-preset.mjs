import { fileURLToPath } from 'node:url'

import { defineConfig } from 'tsup'

const typeRoots = ['./typescript', '../node_modules/@types'].map((folder) => fileURLToPath(new URL(folder, import.meta.url)))

/** How every published package is built: one ESM bundle of its own code with declarations, dependencies left outside. */
export function libraryPreset({ dts = {}, ...overrides } = {}) {
  return defineConfig({
    entry: ['src/index.ts'],
    format: ['esm'],
    target: 'es2022',
    platform: 'neutral',
    sourcemap: true,
    clean: true,
    silent: true,
    // `dependencies` and `peerDependencies` are external by default; workspace packages are named for devDependencies too.
    external: [/^@triggerkit\//, /^node:/],
    // tsup sets `baseUrl` itself, which TypeScript 6 deprecates; `composite` makes its declaration build reject further files,
    // and it resolves the inherited `typeRoots` against the wrong folder.
    dts: { ...dts, compilerOptions: { composite: false, ignoreDeprecations: '6.0', typeRoots } },
    ...overrides,
  })
}

/** The same for a package that runs on Node only, with Node's own types. */
export function nodePreset(overrides = {}) {
  return libraryPreset({ platform: 'node', dts: { compilerOptions: { composite: false, ignoreDeprecations: '6.0' } }, ...overrides })
}
