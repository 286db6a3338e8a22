import { setTimeout as elapse } from 'node:timers/promises'

import type { Random } from '@triggerkit/tool-simulator'

/** A questionnaire as the driver fills it in. */
export interface Filled {
  readonly kind: 'flora' | 'fauna'
  readonly applicant: string
  readonly requests: readonly Step[]
}

interface Step {
  readonly path: string
  readonly key: string
  readonly body: object
}

/** What a session answers when it is looked at. */
export interface Overview {
  readonly unresolvedTasks: readonly string[]
  readonly firedTriggers: readonly string[]
  readonly instances: readonly { readonly name: string; readonly status: string; readonly error?: { readonly type: string; readonly message: string }; readonly waitsFor?: readonly string[] }[]
}

const PAGES = 4
const BROWSERS = ['Mozilla/5.0 Firefox/142.0', 'Mozilla/5.0 Chrome/140.0', 'Mozilla/5.0 Safari/26.0']

/** How often a request is repeated that was not answered, or answered that it may be; with the same idempotency key. */
const TRIES = 20

/** So many questionnaires, two an applicant, the pages of each out of order. Every tenth has a browser that nobody knows, every seventh is embedded. */
export function questionnaires(count: number, random: Random): readonly Filled[] {
  return Array.from({ length: count }, (_, number) => {
    const kind = number % 2 === 0 ? 'flora' : 'fauna'
    const applicant = `a${Math.floor(number / 2)}`
    const userAgent = number % 10 === 3 ? 'Steam/1' : (BROWSERS[number % BROWSERS.length] as string)
    const pages = Array.from({ length: PAGES }, (_unused, index) => pageRequest(index + 1, userAgent))
    const others = [{ path: '/complete', key: 'complete', body: {} }, ...(number % 7 === 5 ? [{ path: '/embedded', key: 'embedded', body: {} }] : [])]
    return { kind, applicant, requests: random.shuffled([...pages, ...others]) }
  })
}

function pageRequest(page: number, userAgent: string): Step {
  const answers = page === 1 ? { name: 'Ada', birthday: '1815-12-10' } : { [`question${page}`]: 'yes' }
  return { path: '/pages', key: `page-${page}`, body: { page, responses: answers, userAgent } }
}

/** Speaks to the service over HTTP. */
export class Client {
  readonly #address: string

  constructor(address: string) {
    this.#address = address
  }

  /** Sends one request of a questionnaire, again and again until it is answered; every third one twice, as networks do. */
  async send({ kind, applicant }: Filled, { path, key, body }: Step, twice: boolean): Promise<void> {
    const url = `/questionnaires/${kind}/${applicant}${path}`
    await this.#post(url, body, key)
    if (!twice) return
    const { duplicate } = await this.#post(url, body, key)
    if (duplicate !== true) throw new Error(`${url} was repeated under the key ${key}, and done twice.`)
  }

  async overview({ kind, applicant }: Filled): Promise<Overview> {
    return this.#get(`/questionnaires/${kind}/${applicant}`)
  }

  async applicant(name: string): Promise<Overview> {
    return this.#get(`/applicants/${name}`)
  }

  async replay({ kind, applicant }: Filled, instance: string, kwargs: object): Promise<void> {
    await this.#post(`/questionnaires/${kind}/${applicant}/instances/${encodeURIComponent(instance)}/replay`, { kwargs }, `replay-${instance}`)
  }

  async skip({ kind, applicant }: Filled, instance: string): Promise<void> {
    await this.#post(`/questionnaires/${kind}/${applicant}/instances/${encodeURIComponent(instance)}/skip`, {}, `skip-${instance}`)
  }

  async #post(path: string, body: object, key: string): Promise<{ readonly duplicate?: boolean }> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': `${path}/${key}` }
    return this.#request(path, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  async #get(path: string): Promise<Overview> {
    return this.#request(path, {})
  }

  async #request<TAnswer>(path: string, request: RequestInit): Promise<TAnswer> {
    for (let tries = 1; ; tries += 1) {
      const response = await fetch(this.#address + path, { ...request, signal: AbortSignal.timeout(15_000) }).catch((error: unknown) => String(error))
      if (typeof response !== 'string' && response.ok) return (await response.json()) as TAnswer
      const answer = typeof response === 'string' ? response : `${response.status} ${await response.text()}`
      const hopeless = typeof response !== 'string' && response.status < 500
      if (hopeless || tries === TRIES) throw new Error(`${path}: ${answer}`)
      await elapse(250)
    }
  }
}
