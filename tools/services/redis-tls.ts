import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePorts } from './free-port.js'
import { findProgram } from './redis-binaries.js'
import { startRedis, type RedisServer, type RedisServerOptions } from './redis-server.js'

/** A Redis that also listens for TLS. */
export interface RedisTls {
  /** `rediss://…` */
  readonly url: string
  /** The certificate, as PEM, of the authority that vouches for the server: made for it, and trusted by nobody else. */
  readonly ca: string
  /** The same server without TLS. */
  readonly server: RedisServer
  stop(): Promise<void>
}

/**
 * Starts a Redis whose certificate, valid for 127.0.0.1 and a day, comes from an authority made on the spot.
 * @throws Error saying what to install where there is no `openssl`
 */
export async function startRedisTls({ settings }: RedisServerOptions = {}): Promise<RedisTls> {
  const folder = mkdtempSync(join(tmpdir(), 'triggerkit-tls-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    certify(folder)
    const [port = 0] = await freePorts(1)
    const files = { 'tls-cert-file': join(folder, 'server.crt'), 'tls-key-file': join(folder, 'server.key'), 'tls-ca-cert-file': join(folder, 'ca.crt') }
    const server = await startRedis({ settings: { 'tls-port': String(port), 'tls-auth-clients': 'no', ...files, ...settings } })
    const ca = readFileSync(files['tls-ca-cert-file'], 'utf8')
    return { url: `rediss://127.0.0.1:${port}`, ca, server, stop: () => server.stop().finally(remove) }
  } catch (error) {
    remove()
    throw error
  }
}

function certify(folder: string): void {
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  writeFileSync(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1\n')
  openssl(folder, 'req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=Triggerkit tests', '-days', '1')
  openssl(folder, 'req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=127.0.0.1')
  openssl(folder, 'x509', '-req', '-in', 'server.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names', '-out', 'server.crt', '-days', '1')
}

function openssl(folder: string, ...commandLine: readonly string[]): void {
  const program = findProgram('openssl')
  if (program === undefined) throw new Error('openssl is not on the PATH. Install it (Debian: "apt-get install openssl") and try again.')
  execFileSync(program, commandLine, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], timeout: 30_000 })
}
