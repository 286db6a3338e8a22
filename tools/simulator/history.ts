import { createHash } from 'node:crypto'

/** What happened, line by line: when, where, what. */
export class History {
  readonly lines: string[] = []
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  tell(who: string, what: string): void {
    this.lines.push(`${(this.#now() / 1000).toFixed(3).padStart(8)}s  ${who.padEnd(10)} ${what}`)
  }

  /** The fingerprint of a run: equal for two runs only if they were equal to the last byte. */
  hash(rest: string): string {
    return createHash('sha256').update(this.lines.join('\n')).update(rest).digest('hex')
  }
}
