import { describe, expect, it } from 'vitest'

import { sessionsOf } from './sessions-of.js'

const repository = { full_name: 'octo/cat' }

describe('the sessions of a payload', () => {
  it.each([
    ['a pull request', { repository, pull_request: { number: 2 } }, ['octo/cat#2', 'pull request']],
    ['an issue', { repository, issue: { number: 1 } }, ['octo/cat#1', 'issue']],
    ['an issue that is a pull request', { repository, issue: { number: 2, pull_request: {} } }, ['octo/cat#2', 'pull request']],
    ['checks of a pull request', { repository, check_suite: { pull_requests: [{ number: 2 }] } }, ['octo/cat#2', 'pull request']],
    ['checks of no pull request', { repository, check_suite: { pull_requests: [] } }, ['octo/cat', 'repository']],
    ['a discussion', { repository, discussion: { number: 9 } }, ['octo/cat', 'repository']],
    ['an organisation with an app in it', { organization: { login: 'octos' }, installation: { id: 1 } }, ['organisation:octos', 'organisation']],
    ['an installation', { installation: { id: 7 }, sender: { login: 'mona' } }, ['installation:7', 'installation']],
    ['an advisory', { security_advisory: { ghsa_id: 'GHSA-1' } }, ['advisory:GHSA-1', 'advisory']],
    ['a purchase', { marketplace_purchase: { account: { login: 'shop' } }, sender: { login: 'mona' } }, ['account:shop', 'account']],
    ['nobody', {}, ['account:unknown', 'account']],
  ])('is what it is about: %s', (_what, payload, [uid, kind]) => {
    expect(sessionsOf({ server: 'api.github.com', payload })).toEqual([{ uid, kind }])
  })

  it('are all pull requests that the checks concern, each once', () => {
    const payload = { repository, check_run: { pull_requests: [{ number: 2 }, { number: 3 }, { number: 2 }] } }

    const sessions = sessionsOf({ server: 'api.github.com', payload })

    expect(sessions.map(({ uid }) => uid)).toEqual(['octo/cat#2', 'octo/cat#3'])
  })

  it('are others on another server', () => {
    expect(sessionsOf({ server: 'ghes-35', payload: { repository } })).toEqual([{ uid: 'ghes-35:octo/cat', kind: 'repository' }])
  })
})
