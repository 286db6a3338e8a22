import { parseArgs, runMain } from 'citty'
import type { ArgsDef, CommandDef } from 'citty'

/** A command line as data: what {@link findUnknown} looks at. */
export interface CommandLine {
  readonly args?: ArgsDef
  readonly subCommands?: Readonly<Record<string, CommandLine>>
}

/** Runs a tool with the arguments of this process, or ends with code 2 and says what it doesn't know: the parser passes over a misspelt option. */
export async function runTool<TArgs extends ArgsDef>(command: CommandDef<TArgs>): Promise<void> {
  const unknown = findUnknown(command as CommandLine, process.argv.slice(2))
  if (unknown === null) return runMain(command)
  console.error(`${unknown} --help lists the options.`)
  process.exitCode = 2
}

/** Says which of the arguments a command line has no use for; `null` if it has one for all of them. */
export function findUnknown({ args = {}, subCommands }: CommandLine, raw: readonly string[]): string | null {
  if (subCommands !== undefined) {
    const [name = '', ...rest] = raw
    const chosen = Object.hasOwn(subCommands, name) ? subCommands[name] : undefined
    return chosen === undefined ? null : findUnknown(chosen, rest) // the parser tells of one that is not there
  }
  const { _: positionals, ...options } = parseArgs([...raw], { ...args, help: { type: 'boolean', alias: 'h' } })
  const unknown = Object.keys(options).find((name) => name !== 'h' && name !== 'help' && !Object.hasOwn(args, name))
  if (unknown !== undefined) return `Unknown option ${unknown.length === 1 ? '-' : '--'}${unknown}.`
  const takesPositionals = Object.values(args).some(({ type }) => type === 'positional')
  return takesPositionals || positionals.length === 0 ? null : `Unexpected argument ${JSON.stringify(positionals[0])}.`
}
