import { libraryPreset } from '../../../tools/tsup-preset.mjs'

export default libraryPreset({ entry: ['src/index.ts', 'src/worker.ts'] })
