export { InlineRunner, inlineRunner, inlineRunnerDescriptor } from './inline-runner.js'
export type { InlineRunnerOptions } from './options.js'
