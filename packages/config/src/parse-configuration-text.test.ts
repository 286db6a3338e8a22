import { describe, expect, it } from 'vitest'

import { parseConfigurationText } from './parse-configuration-text.js'
import { parseConfiguration } from './parse-configuration.js'

const task = '{ "after": ["a"], "run": "r" }'
const names = (text: string) => parseConfiguration(parseConfigurationText(text)).tasks.map(([name]) => name)

describe('parseConfigurationText', () => {
  it('reads JSON with comments, trailing commas and a byte order mark', () => {
    const text = `\uFEFF{
      // what comes first
      "t_a": { "after": ["a",], /* which */ "run": "r", },
    }`
    expect(parseConfigurationText(text)).toEqual([['t_a', { after: ['a'], run: 'r' }]])
  })

  it('keeps the order of names that look like integers, without a warning', () => {
    const input = parseConfigurationText(`{ "t_a": ${task}, "10": ${task}, "9": ${task} }`)
    expect(parseConfiguration(input)).toMatchObject({ tasks: [['t_a', {}], ['10', {}], ['9', {}]], warnings: [] })
  })

  it('takes a list of pairs as it is', () => {
    expect(names(`[["t_b", ${task}], ["t_a", ${task}]]`)).toEqual(['t_b', 't_a'])
  })

  it('leaves $schema out, unless it is a task', () => {
    expect(names(`{ "$schema": "./schema.json", "t_a": ${task} }`)).toEqual(['t_a'])
    expect(names(`{ "$schema": ${task}, "t_a": ${task} }`)).toEqual(['$schema', 't_a'])
  })

  it('reads values as JSON.parse does, __proto__ included', () => {
    const value = '{"a":[1,-2.5e3,true,false,null,"\\u00e9\\n"],"__proto__":{"x":1},"b":{}}'
    const [[, parsed] = []] = parseConfigurationText(`{"t_a":${value}}`) as readonly (readonly unknown[])[]
    expect(JSON.stringify(parsed)).toBe(JSON.stringify(JSON.parse(value)))
  })

  it('refuses a task given twice, saying where', () => {
    const text = `{\n  "t_a": ${task},\r\n  "t_a": ${task}\n}`
    expect(() => parseConfigurationText(text, 'flow.jsonc')).toThrow(
      'flow.jsonc:3:3: the task "t_a" is already defined at flow.jsonc:2:3',
    )
  })

  it('says where the text is no JSON, each place by itself', () => {
    const text = '{\n  "t_a": { "after": [, "run": "r" },\n}'
    const code = { code: 'InvalidConfiguration' }
    expect(() => parseConfigurationText(text, 'flow.json')).toThrow(expect.objectContaining(code))
    expect(() => parseConfigurationText(text, 'flow.json')).toThrow(/flow\.json:2:22: value expected\n.*flow\.json:3:1: value expected\n/s)
  })

  it.each(['', '   ', '// nothing'])('refuses %j', (text) => {
    expect(() => parseConfigurationText(text)).toThrow(/configuration:1:\d+: value expected/)
  })

  it.each(['"text"', '7', 'null'])('refuses %s, which holds no tasks', (text) => {
    expect(() => parseConfigurationText(text)).toThrow('configuration:1:1: must be an object of tasks or a list')
  })

  it.each([3_000, 4_000, 5_000, 200_000])('refuses a text nested so deeply that the stack would not hold it: %i levels', (levels) => {
    const text = `{"t_a":${'['.repeat(levels)}${']'.repeat(levels)}}`
    const code = { code: 'InvalidConfiguration' }
    expect(() => parseConfiguration(parseConfigurationText(text))).toThrow(expect.objectContaining(code))
  })

  it('says where each of many faults is, within the time of a test', () => {
    const text = `{${`"t_a":${task},\r\n`.repeat(20_000)}}`

    expect(() => parseConfigurationText(text)).toThrow('configuration:20000:1: the task "t_a" is already defined at configuration:1:2')
  })
})
