import { z } from 'zod'

/** Of GitHub's payloads only what the tasks use; whatever else is in them passes unseen. */
const account = z.object({ login: z.string() })
export const repository = z.object({ full_name: z.string() })
const inRepository = z.object({ repository })

export const pullRequest = inRepository.extend({
  pull_request: z.object({
    number: z.number(),
    title: z.string(),
    user: account,
    created_at: z.string(),
    closed_at: z.string().nullish(),
    merged: z.boolean().nullish(),
    additions: z.number(),
    deletions: z.number(),
    changed_files: z.number(),
  }),
})

export const synchronize = z.object({ before: z.string(), after: z.string() })
export const review = z.object({ review: z.object({ user: account, state: z.string() }) })
export const reviewComment = z.object({ comment: z.object({ user: account, path: z.string(), body: z.string() }) })
export const failedCheck = z.object({ check_run: z.object({ name: z.string(), head_sha: z.string(), conclusion: z.string() }) })

/** Checks succeed as a suite or as a workflow's run. */
export const checks = z.object({
  check_suite: z.object({ app: z.object({ name: z.string() }) }).optional(),
  workflow_run: z.object({ name: z.string() }).optional(),
})

export const issue = inRepository.extend({ issue: z.object({ number: z.number(), title: z.string(), user: account }) })
export const label = z.object({ label: z.object({ name: z.string() }) })
export const comment = z.object({ comment: z.object({ id: z.number(), user: account, body: z.string() }) })

export const anyRepository = inRepository
export const team = z.object({ team: z.object({ name: z.string() }) })
export const renamed = inRepository.extend({ changes: z.object({ repository: z.object({ name: z.object({ from: z.string() }) }) }) })
export const publicized = inRepository.extend({ sender: account })
export const release = inRepository.extend({ release: z.object({ tag_name: z.string(), author: account, assets: z.array(z.unknown()) }) })
export const deployment = inRepository.extend({ deployment: z.object({ environment: z.string(), ref: z.string(), sha: z.string(), created_at: z.string() }) })
export const deploymentStatus = z.object({ deployment_status: z.object({ state: z.string(), created_at: z.string() }) })
export const pageBuild = inRepository.extend({ build: z.object({ commit: z.string(), duration: z.number() }) })

export const memberAdded = z.object({ organization: account, membership: z.object({ user: account, role: z.string() }) })
export const teamMember = z.object({ member: account, team: z.object({ name: z.string() }) })
export const installation = z.object({ installation: z.object({ id: z.number(), account, permissions: z.record(z.string(), z.string()) }) })
export const repositoriesAdded = z.object({ repositories_added: z.array(repository) })
