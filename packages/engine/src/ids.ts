/** The source of unique names; replace it if runs must be repeatable. */
export interface IdSource {
  /** A random name of letters and digits, for incarnations, owners and commits: at least 96 bits. */
  random(): string
}

const ALPHABET = '0123456789abcdefghijklmnopqrstuv'

/** Ids from the platform's cryptographic randomness. */
export const randomIds: IdSource = {
  random(): string {
    return Array.from(crypto.getRandomValues(new Uint8Array(20)), (byte) => ALPHABET[byte & 31]).join('')
  },
}

/** Numbers names in one process: one random part for all of them, so that making one costs next to nothing. */
export class IdSequence {
  readonly #prefix: string
  #count = 0

  constructor(source: IdSource) {
    this.#prefix = source.random()
  }

  next(): string {
    this.#count += 1
    // Joined, a text is kept in one piece; from a template it stays in as many as it was put together from.
    return [this.#prefix, this.#count.toString(36)].join('-')
  }
}
