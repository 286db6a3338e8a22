/*
 * Where Redis keeps what. `p` is a session's partition, `u` its uid in base64url: neither braces nor colons of a uid can
 * split or join keys, and the braces make all keys of a partition one slot of a Cluster.
 *
 *   prefix{p7}:<u>:s        hash    `h` the head: wake-up, time to live, last commit and version; `r<key>` a working record
 *   prefix{p7}:<u>:a        hash    the archive
 *   prefix{p7}:<u>:o        zset    the archive's keys in their order
 *   prefix{p7}:<u>:c:<id>   string  a commit id; ends by itself
 *   prefix{p7}:<u>:d:<key>  string  a receipt; ends by itself
 *   prefix{p7}:due          zset    u by wake-up
 *   prefix{p7}:mortal       zset    u by the end of its time to live
 *   prefix{p7}:sessions     zset    u of all sessions
 *   prefix{owners}          zset    owners by the end of their leases
 *   prefix{format}          hash    format and number of partitions
 */

/** The format of what is stored. */
export const FORMAT = 1

const SPECIAL = 0x10000

/**
 * A text whose order by bytes of UTF-8 is the order by code unit that the text had. Code units from U+D800 on move to
 * planes that UTF-8 can encode one by one: lone surrogates too, which it would otherwise replace.
 */
export function encode(text: string): string {
  return text.replace(/[\ud800-\uffff]/g, (unit) => String.fromCodePoint(SPECIAL + unit.charCodeAt(0)))
}

export function decode(encoded: string): string {
  return encoded.replace(/[\ud800-\udbff][\udc00-\udfff]/g, (pair) => String.fromCharCode((pair.codePointAt(0) as number) - SPECIAL))
}

/** What comes after every encoded text that begins with `prefix`. */
export function afterAll(prefix: string): string {
  return `${prefix}\u{10ffff}`
}

/** The name of a session in keys and indexes. */
export function memberOf(uid: string): string {
  return Buffer.from(encode(uid), 'utf8').toString('base64url')
}

export function uidOf(member: string): string {
  return decode(Buffer.from(member, 'base64url').toString('utf8'))
}

/** FNV-1a over the member's characters: what it gives must never change, for it says where sessions lie. */
export function hash(member: string): number {
  let hashed = 0x811c9dc5
  for (let index = 0; index < member.length; index += 1) hashed = Math.imul(hashed ^ member.charCodeAt(index), 0x01000193)
  return hashed >>> 0
}

/** Makes every key. */
export class Keys {
  readonly owners: string
  readonly format: string
  readonly #prefix: string
  readonly #partitions: number

  constructor(prefix: string, partitions: number) {
    this.owners = `${prefix}{owners}`
    this.format = `${prefix}{format}`
    this.#prefix = prefix
    this.#partitions = partitions
  }

  /** What all keys of a partition begin with. */
  partition(index: number): string {
    return `${this.#prefix}{p${index}}:`
  }

  partitionOf(member: string): number {
    return hash(member) % this.#partitions
  }

  /** The due index, the mortal and all sessions of a partition. */
  indexes(partition: number): readonly [due: string, mortal: string, sessions: string] {
    const start = this.partition(partition)
    return [`${start}due`, `${start}mortal`, `${start}sessions`]
  }

  of(uid: string): SessionKeys {
    const member = memberOf(uid)
    return new SessionKeys(member, this.partition(this.partitionOf(member)))
  }
}

/** Makes the keys of one session. */
export class SessionKeys {
  /** The session's name in its keys and in the indexes. */
  readonly member: string
  readonly hash: string
  readonly due: string
  readonly #partition: string
  readonly #start: string

  constructor(member: string, partition: string) {
    this.member = member
    this.#partition = partition
    this.#start = `${partition}${member}:`
    this.hash = `${this.#start}s`
    this.due = `${partition}due`
  }

  get archive(): string {
    return `${this.#start}a`
  }

  get order(): string {
    return `${this.#start}o`
  }

  /** Where news of the session are told. */
  get channel(): string {
    return this.hash
  }

  /** All but those of commit ids and receipts: hash, archive, order, and the partition's indexes. */
  get all(): readonly string[] {
    return [this.hash, this.archive, this.order, this.due, `${this.#partition}mortal`, `${this.#partition}sessions`]
  }

  commitId(id: string): string {
    return `${this.#start}c:${encode(id)}`
  }

  receipt(key: string): string {
    return `${this.#start}d:${encode(key)}`
  }
}
