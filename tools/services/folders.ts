import { rm } from 'node:fs/promises'

import { until } from './waiting.js'

/** Removes a folder in which what belongs to an ended browser may write for a moment still. @throws Error if it goes on writing */
export async function removeFolder(folder: string): Promise<void> {
  const removed = (): Promise<boolean> => rm(folder, { recursive: true, force: true }).then(() => true, () => false)
  await until(removed, `${folder} is removed`)
}
