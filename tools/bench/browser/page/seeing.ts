import { openRaw, putSessions, rawTransaction } from './raw-database.js'
import { unwrap } from 'idb'

import { fine, type Variant } from '../../measure.js'
import { application } from './firing.js'

/*
 * How soon a tab sees what another one does. One clock measures, that of the tab which acts: the other answers at once, by a
 * message whose own way is subtracted afterwards.
 */
const UID = 'seen'
const CHANNEL = 'bench'

/** The tab that looks: tells of each new version that its view of the session shows, and answers each `ping`. */
export async function look(): Promise<void> {
  const session = application().session(UID)
  await application().manager(UID).fire('B')
  const channel = new BroadcastChannel(CHANNEL)
  session.subscribe(() => channel.postMessage(session.getSnapshot().version))
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data === 'ping') channel.postMessage('pong')
  }
}

/** Microseconds: two messages, a raw transaction with two messages, and a fire until the other tab has told that it sees it. */
export async function seen(): Promise<readonly (readonly number[])[]> {
  const database = await openRaw()
  await putSessions(database, 1)
  const channel = new BroadcastChannel(CHANNEL)
  const answered = (isIt: (data: unknown) => boolean): Promise<void> =>
    new Promise((resolve) => {
      channel.onmessage = ({ data }: MessageEvent<unknown>) => {
        if (isIt(data)) resolve()
      }
    })
  const messages = async (): Promise<void> => {
    const pong = answered((data) => data === 'pong')
    channel.postMessage('ping')
    await pong
  }
  const transaction = async (): Promise<void> => {
    await rawTransaction(unwrap(database), 0)
    await messages()
  }
  const variants = [always('messages', messages), always('transaction and messages', transaction), always('fire', firing(answered))]
  const series = await fine(variants, { rounds: 9, operations: 60 })
  channel.close()
  return series
}

function firing(answered: (isIt: (data: unknown) => boolean) => Promise<void>): () => Promise<void> {
  const manager = application().manager(UID)
  let version = 0
  const isNext = (data: unknown): boolean => {
    if (typeof data !== 'number' || data <= version) return false
    version = data
    return true
  }
  return async () => void (await Promise.all([manager.fire('B'), answered(isNext)]))
}

function always(name: string, run: () => Promise<void>): Variant {
  return { name, prepare: () => run }
}
