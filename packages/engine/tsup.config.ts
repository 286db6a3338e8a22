import { libraryPreset } from '../../tools/tsup-preset.mjs'

// The declarations name `Symbol.asyncDispose`, which a program need not have loaded.
export default libraryPreset({ dts: { banner: '/// <reference lib="esnext.disposable" />' } })
