import { TriggerkitError } from '@triggerkit/contracts'

export interface InlineRunnerOptions {
  /** How many jobs run at once. Default: 16. */
  readonly concurrency?: number
  /** How many ended jobs are remembered by id, so that a job that is handed over again is not run again. Default: 10,000. */
  readonly remember?: number
  /** The runner's name in `using`. Default: `inline`. */
  readonly key?: string
}

export type Settings = Required<InlineRunnerOptions>

/** @throws `InvalidArgument` for numbers that are not whole or too small, and for an empty key */
export function toSettings(options: InlineRunnerOptions): Settings {
  const { concurrency = 16, remember = 10_000, key = 'inline' } = options
  assertWhole('concurrency', concurrency, 1)
  assertWhole('remember', remember, 0)
  if (typeof key !== 'string' || key === '') throw invalid('key', key, 'give a non-empty string')
  return { concurrency, remember, key }
}

function assertWhole(name: string, value: number, least: number): void {
  const isWhole = Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY
  if (!isWhole || value < least) throw invalid(name, value, `give a whole number from ${least} up`)
}

function invalid(name: string, value: unknown, advice: string): TriggerkitError {
  return new TriggerkitError('InvalidArgument', `inline runner, ${name}: ${String(value)} is invalid; ${advice}.`, {
    details: { name },
  })
}
