import { defineTask, type Task } from 'triggerkit'

import * as schemas from './payload-schemas.js'
import { shortHash, span } from './wording.js'

const welcomeTeam = defineTask('github.welcomeTeam', async (context) => {
  const kwargs = await context.filterKwargs({ 'repository.created': schemas.anyRepository, 'team.added_to_repository': schemas.team })
  return { summary: `team ${kwargs['team.added_to_repository'].team.name} works on ${kwargs['repository.created'].repository.full_name}` }
})

const redirect = defineTask('github.redirect', async (context) => {
  const kwargs = await context.filterKwargs({ 'repository.renamed': schemas.renamed, 'repository.transferred': schemas.anyRepository })
  const { from } = kwargs['repository.renamed'].changes.repository.name
  const { full_name: to } = kwargs['repository.transferred'].repository
  return { from, to, summary: `links to ${from} lead to ${to}` }
})

const auditVisibility = defineTask('github.auditVisibility', async (context) => {
  const kwargs = await context.filterKwargs({ 'repository.privatized': schemas.anyRepository, 'repository.publicized': schemas.publicized })
  const { repository, sender } = kwargs['repository.publicized']
  return { summary: `${repository.full_name} was private and is public again, by ${sender.login}` }
})

const announceRelease = defineTask('github.announceRelease', async (context) => {
  const kwargs = await context.filterKwargs({ 'release.created': schemas.release, 'release.published': schemas.release })
  const { repository, release } = kwargs['release.published']
  return { tag: release.tag_name, summary: `${repository.full_name} ${release.tag_name} by ${release.author.login}, ${release.assets.length} assets` }
})

const recordDeployment = defineTask('github.recordDeployment', async (context) => {
  const kwargs = await context.filterKwargs({ deploymentCreated: schemas.deployment, deploymentSucceeded: schemas.deploymentStatus })
  const { environment, ref, sha, created_at: began } = kwargs.deploymentCreated.deployment
  const { created_at: ended } = kwargs.deploymentSucceeded.deployment_status
  return { environment, commit: sha, summary: `${ref} (${shortHash(sha)}) is in ${environment}, after ${span(began, ended)}` }
})

const checkSite = defineTask('github.checkSite', async (context) => {
  const kwargs = await context.filterKwargs({ siteBuilt: schemas.pageBuild, deploymentSucceeded: schemas.deployment })
  const { repository, build } = kwargs.siteBuilt
  const { environment } = kwargs.deploymentSucceeded.deployment
  return { commit: build.commit, summary: `the site of ${repository.full_name} (${shortHash(build.commit)}, built in ${build.duration} ms) goes with ${environment}` }
})

export const repositoryTasks: readonly Task[] = [welcomeTeam, redirect, auditVisibility, announceRelease, recordDeployment, checkSite]
