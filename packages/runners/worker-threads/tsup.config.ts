import { nodePreset } from '../../../tools/tsup-preset.mjs'

export default nodePreset({ entry: ['src/index.ts', 'src/worker.ts'] })
