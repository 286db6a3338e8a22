import { describe, expect, it } from 'vitest'

import { parseArguments, usage } from './arguments.js'
import { EXIT, UsageError } from './exit-codes.js'

describe('the arguments', () => {
  it('have a default for everything', () => {
    const given = parseArguments([])

    expect(given).toEqual({
      help: false,
      preset: undefined,
      config: undefined,
      events: undefined,
      tasks: undefined,
      json: false,
      concurrency: 16,
      wait: 60,
    })
  })

  it('are taken with or without an equals sign', () => {
    const given = parseArguments(['--preset', 'questionnaire', '--config=flow.jsonc', '--events', '-', '--tasks', './tasks.mjs', '--json', '--concurrency=4'])

    expect(given).toMatchObject({ preset: 'questionnaire', config: 'flow.jsonc', events: '-', tasks: './tasks.mjs', json: true, concurrency: 4 })
  })

  it.each([
    [['--preset', 'gitlab'], 'Expected one of: github, questionnaire'],
    [['--bogus'], 'Unknown option --bogus'],
    [['-x'], 'Unknown option -x'],
    [['--no-color'], 'Unknown option --color'],
    [['flow.json'], 'Unexpected argument "flow.json"'],
    [['--config'], '--config needs a value'],
    [['--config', '--json'], '--config needs a value'],
    [['--events='], '--events needs a value'],
    [['--concurrency', '0'], 'whole number from 1'],
    [['--concurrency', '1e3'], 'whole number from 1'],
    [['--wait', '-1'], 'whole number from 0'],
  ])('that make no sense are refused by name: %j', (args, message) => {
    expect(() => parseArguments(args)).toThrow(UsageError)
    expect(() => parseArguments(args)).toThrow(message)
  })

  it('are all explained, and every exit code with them', async () => {
    const text = await usage({ colour: false })

    for (const name of ['preset', 'config', 'events', 'tasks', 'json', 'concurrency', 'wait', 'help']) expect(text).toContain(`--${name}`)
    for (const code of Object.values(EXIT)) expect(text).toMatch(new RegExp(`^ {2}${code} `, 'm'))
  })
})
