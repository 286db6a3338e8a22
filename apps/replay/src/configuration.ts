import { readFile } from 'node:fs/promises'

import { parseConfiguration, type ParsedConfiguration } from '@triggerkit/config'
import { parseConfigurationText } from '@triggerkit/config/text'
import { isTriggerkitError } from 'triggerkit'

import { describeError } from './describe-error.js'
import { UsageError } from './exit-codes.js'

/** Reads a configuration file, JSON or JSONC. @throws `UsageError` if it can't be read or isn't valid, with every fault */
export async function readConfiguration(path: string | URL): Promise<ParsedConfiguration> {
  const name = typeof path === 'string' ? path : path.pathname
  const text = await readText(path, name)
  try {
    return parseConfiguration(parseConfigurationText(text, name))
  } catch (error) {
    if (isTriggerkitError(error, 'InvalidConfiguration')) throw new UsageError(`The configuration ${JSON.stringify(name)} isn't valid.\n${error.message}`)
    throw error
  }
}

async function readText(path: string | URL, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`The configuration ${JSON.stringify(name)} can't be read: ${describeError(error)}`)
  }
}
