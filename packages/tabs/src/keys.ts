/** The names of an application's locks and of its channel, within the origin. */
export interface Keys {
  /** Held by the one tab that sweeps. */
  readonly sweeper: string
  readonly channel: string
  /**
   * The lock that an owner holds for life, or until its page goes into the back/forward cache.
   * @param stay - how often the page has come out of it: whoever waited for an earlier lock may have been given it, and kept it
   */
  owner(id: string, stay: number): string
  /** The owner whose lock has that name; `null` for other locks. */
  ownerOf(lock: string): string | null
}

export function keysOf(name: string): Keys {
  const root = `triggerkit:tabs:${JSON.stringify(name)}`
  const owners = `${root}:owner:`
  return {
    sweeper: `${root}:sweeper`,
    channel: root,
    owner: (id, stay) => `${owners}${stay}:${id}`,
    ownerOf: (lock) => (lock.startsWith(owners) ? lock.slice(lock.indexOf(':', owners.length) + 1) : null),
  }
}
