import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import type { JsonObject } from 'triggerkit'
import { beforeAll, describe, expect, it } from 'vitest'

import { runCommand } from '../../fake-world.js'
import type { Summary } from '../../summary.js'
import { at, numberAt, textAt } from './payload.js'

interface Example {
  readonly server: string
  readonly event: string
  readonly payload: JsonObject
}

/** Read from the package without the preset's help. */
async function readExamples(): Promise<readonly Example[]> {
  const folder = dirname(createRequire(import.meta.url).resolve('@octokit/webhooks-examples/package.json'))
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('index.json'))
  const read = async (file: string): Promise<readonly Example[]> => {
    const definitions = JSON.parse(await readFile(join(folder, file), 'utf8')) as readonly { readonly name: string; readonly examples: readonly JsonObject[] }[]
    return definitions.flatMap(({ name, examples }) => examples.map((payload) => ({ server: dirname(file), event: name, payload })))
  }
  return (await Promise.all(files.map(read))).flat()
}

async function replayed(...args: readonly string[]): Promise<Summary> {
  const { code, out, err } = await runCommand(['--json', ...args])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Summary
}

const repositoryOf = ({ server, payload }: Example): string => `${server} ${textAt(payload, 'repository', 'full_name')}`
const pullOf = (example: Example): string => `${repositoryOf(example)} ${numberAt(example.payload, 'pull_request', 'number')}`
const distinct = <TItem>(items: readonly TItem[]): number => new Set(items.map((item) => JSON.stringify(item))).size

let examples: readonly Example[] = []
let summary: Summary

beforeAll(async () => {
  examples = await readExamples()
  summary = await replayed()
})

/** The examples of an event, of an action where it has some. */
function only(event: string, action?: string): readonly Example[] {
  return examples.filter((example) => example.event === event && (action === undefined || textAt(example.payload, 'action') === action))
}

function instancesOf(task: string): Partial<Summary['instances']> {
  return summary.tasks.find((counts) => counts.task === task)?.instances ?? {}
}

describe('the preset github', () => {
  it('fires every payload of the package, and says to which kind of session each belongs', () => {
    expect(examples.length).toBeGreaterThan(700)
    expect(summary.payloads).toBe(examples.length)
    expect(summary.kinds.reduce((sum, { payloads }) => sum + payloads, 0)).toBe(examples.length)
    expect(summary.kinds.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(summary.sessions)
  })

  it('gives repositories what belongs to no pull request or issue', () => {
    const listed = (example: Example): boolean => Object.values(example.payload).some((subject) => (at(subject, 'pull_requests') as readonly unknown[] | undefined)?.length)
    const inRepositories = examples.filter(({ payload }) => at(payload, 'repository') && !at(payload, 'pull_request') && !at(payload, 'issue'))

    const { payloads } = summary.kinds.find(({ kind }) => kind === 'repository') ?? {}

    expect(payloads).toBe(inRepositories.filter((example) => !listed(example)).length)
  })

  it('shows work that is finished, that waits and that is abandoned, and nothing that failed', () => {
    const { finished, unstarted, abandoned, failed, scheduled, running } = summary.instances

    expect([finished, unstarted, abandoned].every((number) => number > 10)).toBe(true)
    expect([failed, scheduled, running]).toEqual([0, 0, 0])
  })

  it('finds each pull request ready that was opened, checked and reviewed', () => {
    const checked = new Set(
      only('check_suite', 'completed')
        .filter(({ payload }) => textAt(payload, 'check_suite', 'conclusion') === 'success')
        .flatMap((example) => (at(example.payload, 'check_suite', 'pull_requests') as JsonObject[]).map(({ number }) => `${repositoryOf(example)} ${number as number}`)),
    )
    const reviewed = new Set(only('pull_request_review', 'submitted').map(pullOf))
    const ready = new Set(only('pull_request', 'opened').map(pullOf).filter((pull) => checked.has(pull) && reviewed.has(pull)))

    expect(instancesOf('t_reviewReadiness').finished).toBe(ready.size)
    expect(ready.size).toBeGreaterThan(0)
  })

  it('looks again at each synchronize of an open pull request', () => {
    expect(instancesOf('t_recheck').finished).toBe(distinct(only('pull_request', 'synchronize')))
  })

  it('collects each comment of a review once, however often it was delivered', () => {
    const reviewed = new Set(only('pull_request_review', 'submitted').map(pullOf))
    const comments = only('pull_request_review_comment', 'created').filter((example) => reviewed.has(pullOf(example)))

    expect(instancesOf('t_collectReviewComment')).toEqual({ finished: distinct(comments) })
    expect(distinct(comments)).toBeLessThan(comments.length)
  })

  it('records each successful deployment', () => {
    const succeeded = only('deployment_status').filter(({ payload }) => textAt(payload, 'deployment_status', 'state') === 'success')

    expect(instancesOf('t_recordDeployment')).toEqual({ finished: distinct(succeeded) })
  })

  it('says what the pull requests that nobody approved wait for, or why they no longer do', () => {
    const { finished = 0, unstarted = 0, abandoned = 0 } = instancesOf('t_mergeProposal')

    expect(finished).toBe(0)
    expect(unstarted + abandoned).toBe(instancesOf('t_reviewReadiness').finished)
    expect(summary.waiting).toContainEqual(expect.objectContaining({ task: 't_mergeProposal', count: unstarted, triggers: ['reviewApproved'] }))
    expect(summary.abandoned).toContainEqual(expect.objectContaining({ task: 't_mergeProposal', count: abandoned, triggers: ['pull_request.closed'] }))
  })

  it('comes to the same however many events are under way', async () => {
    const [one, many] = [await replayed('--concurrency', '1'), await replayed('--concurrency', '500')]

    expect(one.tasks).toEqual(summary.tasks)
    expect(many.tasks).toEqual(summary.tasks)
  })
})
