import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const starting = ['--import', 'tsx', '--conditions=@triggerkit/source', main]

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the command as a process of its own; `send` is given the process once the command has said something. */
async function start(args: readonly string[], send: (child: ReturnType<typeof spawn>) => void = ({ stdin }) => stdin?.end()): Promise<Ended> {
  const child = spawn(process.execPath, [...starting, ...args], { stdio: 'pipe' })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text))
  child.stdout.once('data', () => send(child))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, ...said }
}

describe('the command', { timeout: 60_000 }, () => {
  it('replays a preset as a process, with data on standard output and nothing else', async () => {
    const { code, out, err } = await start(['--preset', 'questionnaire', '--json'])

    const types = out.trim().split('\n').map((line) => (JSON.parse(line) as { readonly type: string }).type)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(types).toEqual(['replay.start.v1', 'replay.summary.v1'])
  })

  it('exits with 2 where the arguments make no sense', async () => {
    const { code, out, err } = await start(['--preset', 'gitlab'])

    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('github, questionnaire')
  })

  it('sums up although nobody reads its messages any more', async () => {
    const { code, out } = await start(['--preset', 'questionnaire', '--events', '-'], ({ stdin, stderr }) => {
      stderr?.destroy()
      stdin?.end('not an event\n'.repeat(100_000))
    })

    expect(out).toContain('100,000 bad lines')
    expect(code).toBe(4)
  })

  it('sums up and exits with 130 when it is interrupted while it waits for input', async () => {
    const { code, out } = await start(['--preset', 'questionnaire', '--events', '-'], (child) => child.kill('SIGINT'))

    expect(code).toBe(130)
    expect(out).toContain('Interrupted after 0 events')
  })
})
