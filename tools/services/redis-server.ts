import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePorts } from './free-port.js'
import { ensureRedis, findProgram } from './redis-binaries.js'

/** Settings as in `redis.conf`, by name: they win over the durable ones. */
export type RedisSettings = Readonly<Record<string, string>>

export interface RedisServerOptions {
  readonly settings?: RedisSettings
}

/** A Redis of one's own: it listens on 127.0.0.1, and ends at the latest with the process that started it. */
export interface RedisServer {
  /** Without a password, whatever `settings` demand. */
  readonly url: string
  readonly port: number
  /** Of the process that runs now; another one after a restart. */
  readonly pid: number
  /** Ends the process as a crash would (SIGKILL), or as given; what is on disk stays for {@link RedisServer.restart}. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts again on the same port over the same folder, killing what still runs; with these settings from now on. */
  restart(settings?: RedisSettings): Promise<void>
  /** Ends the process and removes its folder. */
  stop(): Promise<void>
}

/** A server that somebody may have given by `REDIS_URL`. */
export interface UsedRedis {
  readonly url: string
  stop(): Promise<void>
}

const DURABLE: RedisSettings = { appendonly: 'yes', appendfsync: 'always', save: '', 'maxmemory-policy': 'noeviction' }
const READY = 'Ready to accept connections'
const LONGEST_START_MS = 20_000
const ATTEMPTS = 5

/**
 * Starts a Redis on a free port, with settings under which it loses nothing that it acknowledged.
 * @throws Error with the server's last words if it does not come up within 20 seconds
 */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'triggerkit-redis-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  for (let attempt = 1; ; attempt += 1) {
    const [port = 0, busPort = 0] = await freePorts(2)
    const server = new OwnRedis(folder, { port, busPort }, options.settings ?? {})
    try {
      await server.restart()
      return server
    } catch (error) {
      // Somebody was faster at the port.
      if (String(error).includes('Address already in use') && attempt < ATTEMPTS) continue
      remove()
      throw error
    }
  }
}

/** The server that `REDIS_URL` names, which is left running, or one of one's own. */
export async function useRedis(options: RedisServerOptions = {}): Promise<UsedRedis> {
  const given = process.env['REDIS_URL']
  return given === undefined || given === '' ? startRedis(options) : { url: given, stop: async () => undefined }
}

class OwnRedis implements RedisServer {
  readonly port: number
  readonly #folder: string
  readonly #busPort: number
  #settings: RedisSettings
  #child: ChildProcess | undefined
  readonly #atExit = (): void => {
    this.#child?.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  constructor(folder: string, ports: { readonly port: number; readonly busPort: number }, settings: RedisSettings) {
    this.#folder = folder
    this.port = ports.port
    this.#busPort = ports.busPort
    this.#settings = settings
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  async restart(settings: RedisSettings = this.#settings): Promise<void> {
    await this.kill()
    this.#settings = settings
    process.once('exit', this.#atExit)
    this.#child = spawnRedis(this.#folder, { ...DURABLE, 'cluster-port': String(this.#busPort), ...settings, port: String(this.port) })
    try {
      await said(this.#child, READY)
    } catch (error) {
      await this.kill()
      throw error
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    process.removeListener('exit', this.#atExit)
    if (child !== undefined) await end(child, signal)
  }

  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Starts `redis-server` with other arguments than a server's; `stop` ends the process. */
export async function startRedisProgram(commandLine: readonly string[], ready: string): Promise<{ stop(): Promise<void> }> {
  const child = spawnProgram(commandLine)
  const atExit = (): void => void child.kill('SIGKILL')
  process.once('exit', atExit)
  const stop = async (): Promise<void> => {
    process.removeListener('exit', atExit)
    await end(child, 'SIGKILL')
  }
  await said(child, ready).catch((error: unknown) => stop().then(() => Promise.reject(error as Error)))
  return { stop }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await ended
}

function spawnRedis(folder: string, settings: RedisSettings): ChildProcess {
  const own: RedisSettings = { bind: '127.0.0.1', dir: folder, daemonize: 'no', ...settings }
  return spawnProgram(Object.entries(own).flatMap(([name, value]) => [`--${name}`, value]))
}

function spawnProgram(ownArguments: readonly string[]): ChildProcess {
  const { server } = ensureRedis()
  const commandLine = [server, ...ownArguments]
  // An exit handler doesn't run where a process is killed; where the system can, it then ends the server itself.
  const setpriv = findProgram('setpriv')
  const [program = server, ...rest] = setpriv === undefined ? commandLine : [setpriv, '--pdeathsig', 'KILL', ...commandLine]
  return spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
}

function said(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = ''
    const fail = (what: string): void => reject(new Error(`redis-server ${what}; its last words were:\n${log.slice(-2_000)}`))
    const limit = setTimeout(() => fail(`was not ready within ${LONGEST_START_MS} ms`), LONGEST_START_MS)
    const settle = (then: () => void): void => (clearTimeout(limit), then())
    const hear = (chunk: Buffer): void => {
      log = (log + chunk.toString()).slice(-10_000)
      if (log.includes(words)) settle(resolve)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('error', (error) => settle(() => fail(`could not be started (${error.message})`)))
    child.once('close', (code, signal) => settle(() => fail(`ended with ${signal ?? code}`)))
  })
}
