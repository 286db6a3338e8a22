/** The names of an application's locks and of its channel, within the origin. */
export interface Keys {
  /** Held by the one tab that sweeps. */
  readonly sweeper: string
  readonly channel: string
  /** The lock that an owner holds for life. */
  owner(id: string): string
  /** The owner whose lock has that name; `null` for other locks. */
  ownerOf(lock: string): string | null
}

export function keysOf(name: string): Keys {
  const root = `triggerkit:tabs:${encodeURIComponent(name)}`
  const owners = `${root}:owner:`
  return {
    sweeper: `${root}:sweeper`,
    channel: root,
    owner: (id) => owners + id,
    ownerOf: (lock) => (lock.startsWith(owners) ? lock.slice(owners.length) : null),
  }
}
