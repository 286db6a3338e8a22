import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A line to Redis that can lose an answer: the command arrives and is carried out, and the socket ends instead of its reply. */
export class ReplySwallower {
  readonly url: string
  swallowed = 0
  #swallowNext = false
  readonly #sockets = new Set<Socket>()
  readonly #server: ReturnType<typeof createServer>

  private constructor(server: ReturnType<typeof createServer>, target: URL) {
    this.#server = server
    this.url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('connection', (socket) => this.#join(socket, connect(Number(target.port), target.hostname)))
  }

  static async before(url: string): Promise<ReplySwallower> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new ReplySwallower(server, new URL(url))
  }

  swallowNextReply(): void {
    this.#swallowNext = true
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => (near.destroy(), far.destroy()))
    }
    near.on('data', (command) => far.write(command))
    far.on('data', (reply) => {
      if (!this.#swallowNext) return near.write(reply)
      this.#swallowNext = false
      this.swallowed += 1
      return near.destroy()
    })
  }
}
