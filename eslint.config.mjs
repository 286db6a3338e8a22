import nx from '@nx/eslint-plugin'
import tseslint from 'typescript-eslint'

const layers = (...names) => names.map((name) => `layer:${name}`)
const mayImport = (layer, ...allowed) => ({ sourceTag: `layer:${layer}`, onlyDependOnLibsWithTags: layers(...allowed) })
const library = ['contracts', 'core', 'config', 'registry', 'session-records', 'job-queue', 'engine', 'storage', 'runners', 'managers', 'tabs']
const published = [...library, 'testing', 'bundle']

const runtimes = [
  { sourceTag: 'runtime:any', onlyDependOnLibsWithTags: ['runtime:any'] },
  { sourceTag: 'runtime:node', onlyDependOnLibsWithTags: ['runtime:any', 'runtime:node'] },
  { sourceTag: 'runtime:browser', onlyDependOnLibsWithTags: ['runtime:any', 'runtime:browser'] },
  // Programs of Node that drive pages, and bring what those load.
  { sourceTag: 'runtime:both', onlyDependOnLibsWithTags: ['runtime:any', 'runtime:node', 'runtime:browser'] },
]

// Imports point only upward in this list (design: "Shape").
const sourceLayers = [
  { ...mayImport('contracts'), allowedExternalImports: [] },
  { ...mayImport('core', 'contracts'), allowedExternalImports: [] },
  mayImport('config', 'contracts'),
  mayImport('registry', 'contracts'),
  mayImport('session-records', 'contracts'),
  mayImport('job-queue', 'contracts'),
  mayImport('engine', 'contracts', 'core', 'config', 'registry'),
  mayImport('storage', 'contracts', 'registry', 'session-records'),
  mayImport('runners', 'contracts', 'registry', 'job-queue'),
  mayImport('managers', 'contracts', 'core', 'engine'),
  mayImport('tabs', 'contracts'),
  // The testing toolbox works on a storage and a runner of its own unless a test gives others.
  mayImport('testing', 'contracts', 'core', 'config', 'registry', 'engine', 'storage', 'runners'),
  mayImport('bundle', ...library),
  mayImport('app', ...published),
  mayImport('tool', ...published, 'tool'),
]

// Tests may also reach for the suites and for a real adapter.
const adapters = ['storage', 'runners']
const testLayers = [
  mayImport('contracts'),
  mayImport('core', 'contracts'),
  mayImport('config', 'contracts'),
  mayImport('registry', 'contracts'),
  mayImport('session-records', 'contracts'),
  mayImport('job-queue', 'contracts'),
  mayImport('engine', 'contracts', 'core', 'config', 'registry', ...adapters),
  // A mock never counts as the real thing: the tests of adapters start real servers with a tool.
  mayImport('storage', 'contracts', 'registry', 'session-records', 'testing', 'tool'),
  mayImport('runners', 'contracts', 'registry', 'job-queue', 'testing', 'tool'),
  mayImport('managers', 'contracts', 'core', 'config', 'registry', 'engine', ...adapters),
  // What tabs promise shows in an application of several.
  mayImport('tabs', 'contracts', 'engine', ...adapters),
  mayImport('testing', 'contracts', 'core', 'config', 'registry', 'engine', ...adapters),
  mayImport('bundle', ...library, 'testing'),
  mayImport('app', ...published),
  mayImport('tool', ...published, 'tool'),
]

const boundaries = (depConstraints, between = runtimes) => [
  'error',
  {
    depConstraints: [...depConstraints, ...between],
    banTransitiveDependencies: true,
    // Bundlers bring a file's text; nx knows modules only.
    allow: ['@triggerkit/conformance/scenarios/*'],
    // Such circles exist between tests and sources only: among sources, each of these pairs knows one direction at most.
    ignoredCircularDependencies: [
      ['tag:layer:engine', 'tag:layer:storage'],
      ['tag:layer:engine', 'tag:layer:runners'],
      ['tag:layer:testing', 'tag:layer:storage'],
      ['tag:layer:testing', 'tag:layer:runners'],
    ],
  },
]

const namedExportsOnly = [
  { selector: 'ExportDefaultDeclaration', message: 'Export by name: one name for one thing, wherever it is used.' },
  { selector: 'ExportAllDeclaration', message: 'List the exports: a package should say what it offers.' },
]

const pureSyntax = [
  { selector: ':function[async=true]', message: 'core is synchronous: return an effect and let the engine wait.' },
  { selector: 'AwaitExpression', message: 'core is synchronous: return an effect and let the engine wait.' },
  { selector: "TSTypeReference[typeName.name='Promise']", message: 'core is synchronous: return an effect and let the engine wait.' },
]
const impureGlobals = [
  'Date', 'Promise', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'process', 'performance', 'crypto', 'globalThis',
].map((name) => ({ name, message: 'core is pure: time, ids and environment come in with the command.' }))
const unseededRandom = { object: 'Math', property: 'random', message: 'Take ids and chance from the ids port, so that a test owns them.' }

const clockPort = 'Time passes through the clock port, so that a test or a simulation owns it.'
const timers = ['setTimeout', 'setInterval'].map((name) => ({ name, message: clockPort }))
const clocks = [
  { object: 'Date', property: 'now', message: clockPort },
  { object: 'performance', property: 'now', message: clockPort },
]
const newDate = { selector: "NewExpression[callee.name='Date']", message: clockPort }

const tests = ['**/*.test.ts', '**/*.test-d.ts', '**/*.test-worker.ts', '**/*.test-tab.ts']
// With what their workers and tabs load; tsconfig.browser-tests.json covers them.
const browserTests = ['**/*.browser.test.ts', '**/*.test-worker.ts', '**/*.test-tab.ts']
// What the benchmark and the check of sizes bundle for a page, though their other files run on Node.
const pages = ['tools/bench/browser/page/*.ts', 'tools/browser/application.ts']
const clocked = ['packages/engine/src/**/*.ts', 'packages/session-records/src/**/*.ts', 'packages/storage/memory/src/**/*.ts', 'packages/job-queue/src/**/*.ts', 'packages/runners/inline/src/**/*.ts']
const brief = (lines) => ['error', { max: lines, skipBlankLines: true, skipComments: true }]

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/.nx/**', 'reports/**', 'coverage/**', '**/*.d.ts'] },
  tseslint.configs.recommended,
  {
    plugins: { '@nx': nx },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', ...namedExportsOnly],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      'max-lines': brief(250),
      'max-lines-per-function': brief(50),
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // `export {}` and `{}` as "no names" are meant, and said so where they stand.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends', allowObjectTypes: 'always' }],
    },
  },
  {
    files: ['packages/**/*.ts', 'apps/**/*.ts', 'tools/**/*.ts'],
    ignores: ['**/tsup.config.ts'],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@nx/enforce-module-boundaries': boundaries(sourceLayers),
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    },
  },
  {
    files: ['packages/core/src/**/*.ts'],
    ignores: tests,
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-properties': ['error', unseededRandom],
      'no-restricted-syntax': ['error', ...namedExportsOnly, ...pureSyntax],
    },
  },
  {
    files: clocked,
    ignores: [...tests, '**/*clock.ts', '**/ids.ts'],
    rules: {
      'no-restricted-globals': ['error', ...timers],
      'no-restricted-properties': ['error', ...clocks, unseededRandom],
      'no-restricted-syntax': ['error', ...namedExportsOnly, newDate],
    },
  },
  {
    files: tests,
    rules: {
      '@nx/enforce-module-boundaries': boundaries(testLayers),
      'max-lines': brief(400),
      'max-lines-per-function': 'off',
    },
  },
  {
    // tsconfig.tests.json covers these; a project service, which looks for the nearest tsconfig.json, would not find it.
    files: [...tests, 'packages/testing/src/vitest.ts', 'tools/**/*.ts', 'apps/**/*.ts'],
    languageOptions: { parserOptions: { projectService: false, project: ['./tsconfig.tests.json'] } },
  },
  {
    // A page: its own tsconfig.json knows the DOM.
    files: ['apps/survey-browser/src/**/*.ts'],
    languageOptions: { parserOptions: { projectService: false, project: ['./apps/survey-browser/tsconfig.json'] } },
  },
  {
    // Tests that hand code to a page: their own tsconfig.json knows Node and the DOM.
    files: ['tools/demo-browser/*.ts'],
    languageOptions: { parserOptions: { projectService: false, project: ['./tools/demo-browser/tsconfig.json'] } },
  },
  // The older module system has no other way.
  { files: ['**/*.{cts,cjs}'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  { files: pages, rules: { '@nx/enforce-module-boundaries': boundaries(sourceLayers, []) } },
  {
    files: [...browserTests, ...pages],
    languageOptions: { parserOptions: { projectService: false, project: ['./tsconfig.browser-tests.json'] } },
  },
  { files: ['**/*.config.{ts,mjs}'], rules: { 'no-restricted-syntax': 'off' } },
)
