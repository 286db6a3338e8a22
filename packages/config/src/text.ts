export { parseConfigurationText } from './parse-configuration-text.js'
