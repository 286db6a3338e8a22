export type { TabsOptions } from './options.js'
export { tabs } from './tabs.js'
