import { createConnection, createServer, type Server, type Socket } from 'node:net'

/** Stands between a client and a server of this machine, and does to their connections what networks do. */
export interface LossyProxy {
  readonly port: number
  /** How many connections there are. */
  readonly connections: number
  /**
   * Lets the next so many requests reach the server, swallows its replies, and cuts the connections. With `every`, so does
   * every so manieth reply from now on.
   */
  loseReplies(next: { readonly count: number } | { readonly every: number }): void
  /** How many replies have been swallowed. */
  readonly lost: number
  /** Cuts all connections. */
  cut(): void
  /** Carries nothing more over the connections that there are, and does not cut them, as where a machine has vanished. */
  freeze(): void
  /** Leads new connections to another port, as a name does after a fail-over; those that there are stay where they are. */
  leadTo(port: number): void
  stop(): Promise<void>
}

/** @param target - the port of 127.0.0.1 to which connections lead */
export async function startLossyProxy(target: number): Promise<LossyProxy> {
  const proxy = new Proxy(target)
  await proxy.listen()
  return proxy
}

class Proxy implements LossyProxy {
  lost = 0
  #target: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #frozen = new WeakSet<Socket>()
  #losing = 0
  #every = 0
  #replies = 0

  constructor(target: number) {
    this.#target = target
    this.#server = createServer((client) => this.#join(client))
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  get connections(): number {
    return this.#sockets.size
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, '127.0.0.1', resolve)
    })
  }

  loseReplies(next: { readonly count: number } | { readonly every: number }): void {
    if ('count' in next) this.#losing = next.count
    else this.#every = next.every
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  freeze(): void {
    for (const socket of this.#sockets) this.#frozen.add(socket)
  }

  leadTo(port: number): void {
    this.#target = port
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(client: Socket): void {
    const server = createConnection(this.#target, '127.0.0.1')
    this.#sockets.add(client)
    const end = (): void => {
      client.destroy()
      server.destroy()
      this.#sockets.delete(client)
    }
    for (const socket of [client, server]) socket.setNoDelay(true).on('error', end).on('close', end)
    client.on('data', (request) => this.#frozen.has(client) || server.write(request))
    server.on('data', (reply) => this.#frozen.has(client) || (this.#loses() ? end() : client.write(reply)))
  }

  #loses(): boolean {
    this.#replies += 1
    const loses = this.#losing > 0 || (this.#every > 0 && this.#replies % this.#every === 0)
    if (this.#losing > 0) this.#losing -= 1
    if (loses) this.lost += 1
    return loses
  }
}
