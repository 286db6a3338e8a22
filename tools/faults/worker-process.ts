import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

import { until } from '@triggerkit/tool-services'

import type { WorkerNews } from './worker.js'

/** What a worker's process runs, and with which arguments after the address of Redis and its name. */
export interface WorkerProgram {
  readonly file: URL
  readonly rest: readonly string[]
}

const PROGRAM = new URL('./worker.ts', import.meta.url)
/** A process compiles what it runs when it starts, and many may do so at once. */
const LONGEST_START = 120_000

/** A worker in a process of its own, which can be killed and frozen. */
export class WorkerProcess {
  readonly news: WorkerNews[] = []
  readonly name: string
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  private constructor(url: string, name: string, { file, rest }: WorkerProgram) {
    this.name = name
    const tsx = createRequire(import.meta.url).resolve('tsx')
    this.#child = fork(fileURLToPath(file), [url, name, ...rest], { execArgv: ['--conditions=@triggerkit/source', '--import', tsx] })
    this.#child.on('message', (news) => this.news.push(news as WorkerNews))
    this.#ended = new Promise((resolve) => this.#child.once('exit', resolve))
  }

  static async started(url: string, name: string, program: WorkerProgram = { file: PROGRAM, rest: [] }): Promise<WorkerProcess> {
    const worker = new WorkerProcess(url, name, program)
    await until(() => worker.told('started').length > 0, `the worker ${name} starts`, LONGEST_START)
    return worker
  }

  told(what: WorkerNews['what']): readonly WorkerNews[] {
    return this.news.filter((news) => news.what === what)
  }

  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
