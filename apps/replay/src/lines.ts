/** A line as it was read; `null` where it was longer than the limit and was let go. */
export interface Line {
  readonly number: number
  readonly bytes: Buffer | null
}

const NEWLINE = 0x0a

/** Splits a stream into lines without ever holding more than one chunk and one line, and of a line no more than `limit` bytes. */
export async function* splitLines(chunks: AsyncIterable<Uint8Array | string>, limit: number): AsyncGenerator<Line> {
  const collected = new Collected(limit)
  let number = 1
  for await (const chunk of chunks) {
    let rest = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as Uint8Array)
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      collected.add(rest.subarray(0, end))
      yield { number, bytes: collected.take() }
      number += 1
      rest = rest.subarray(end + 1)
    }
    collected.add(rest)
  }
  if (collected.size > 0) yield { number, bytes: collected.take() }
}

class Collected {
  size = 0
  #parts: Buffer[] = []
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  add(part: Buffer): void {
    this.size += part.length
    if (this.size > this.#limit) this.#parts = []
    else if (part.length > 0) this.#parts.push(part)
  }

  take(): Buffer | null {
    const bytes = this.size > this.#limit ? null : Buffer.concat(this.#parts)
    this.size = 0
    this.#parts = []
    return bytes
  }
}
