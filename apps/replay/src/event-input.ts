import { fstatSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'

import { UsageError } from './exit-codes.js'
import { describeError } from './describe-error.js'

/** Standard input, as far as the command looks at it. */
export type StandardInput = Readable & { readonly isTTY?: boolean; readonly fd?: number }

/** Standard input, unless it is a folder: Node would take that for an empty file. @throws `UsageError` */
export function openInput(stdin: StandardInput): Readable {
  if (stdin.fd !== undefined && fstatSync(stdin.fd).isDirectory()) throw new UsageError('Standard input can\'t be read: it is a folder')
  return stdin
}

/** Opens a file of events. @throws `UsageError` if it can't be read */
export async function openFile(path: string): Promise<Readable> {
  try {
    if ((await stat(path)).isDirectory()) throw new Error('it is a folder')
    return (await open(path)).createReadStream()
  } catch (error) {
    throw new UsageError(`The events ${JSON.stringify(path)} can't be read: ${describeError(error)}`)
  }
}

/**
 * The chunks of a stream, until `stop` is aborted. A stream that waits for input is not waited for.
 * @throws `UsageError` if it can't be read to its end
 */
export async function* chunksUntil(stop: AbortSignal, stream: Readable, title: string): AsyncGenerator<Uint8Array | string> {
  const end = (): void => void stream.destroy()
  stop.addEventListener('abort', end, { once: true })
  try {
    if (!stop.aborted) yield* stream as AsyncIterable<Uint8Array | string>
  } catch (error) {
    if (!stop.aborted) throw new UsageError(`${title} can't be read any further: ${describeError(error)}`)
  } finally {
    stop.removeEventListener('abort', end)
  }
}
