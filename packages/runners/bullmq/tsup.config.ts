import { nodePreset } from '../../../tools/tsup-preset.mjs'

export default nodePreset()
