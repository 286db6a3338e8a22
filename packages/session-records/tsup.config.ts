import { libraryPreset } from '../../tools/tsup-preset.mjs'

export default libraryPreset()
