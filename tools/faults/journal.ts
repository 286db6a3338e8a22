import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'

import type { Tell, Testimony } from './evidence.js'
import { toMaps, withMaps } from './maps-as-json.js'

/** Tells a file. Each line is the system's before the call returns, and so outlives a process that is killed. */
export function journalAt(file: string): Tell {
  const descriptor = openSync(file, 'a')
  return (testimony) => void writeSync(descriptor, `${JSON.stringify(testimony, withMaps)}\n`)
}

/** Reads what a journal tells, as far as it has come. */
export class JournalReader {
  readonly #file: string
  readonly #hear: Tell
  #position = 0
  #rest = ''

  constructor(file: string, hear: Tell) {
    this.#file = file
    this.#hear = hear
  }

  /** Hears what has been added. A last line that a kill cut short tells of nothing that was done. */
  read(): void {
    const descriptor = openSync(this.#file, 'r')
    const added = Buffer.alloc(fstatSync(descriptor).size - this.#position)
    this.#position += readSync(descriptor, added, 0, added.length, this.#position)
    closeSync(descriptor)
    const lines = (this.#rest + added.toString()).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#hear(JSON.parse(line, toMaps) as Testimony)
  }
}
