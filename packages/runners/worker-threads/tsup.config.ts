import { libraryPreset } from '../../../tools/tsup-preset.mjs'

export default libraryPreset({
  entry: ['src/index.ts', 'src/worker.ts'],
  platform: 'node',
  // As in the preset, but with Node's types, which lie where TypeScript looks by itself.
  dts: { compilerOptions: { composite: false, ignoreDeprecations: '6.0' } },
})
