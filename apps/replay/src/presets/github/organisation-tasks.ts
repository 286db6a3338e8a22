import { defineTask, type Task } from 'triggerkit'

import * as schemas from './payload-schemas.js'

const onboardMember = defineTask('github.onboardMember', async (context) => {
  const kwargs = await context.filterKwargs({ 'organization.member_added': schemas.memberAdded, 'membership.added': schemas.teamMember })
  const { organization, membership } = kwargs['organization.member_added']
  const { member, team } = kwargs['membership.added']
  return { summary: `${organization.login} has ${membership.user.login} as ${membership.role}; team ${team.name} has ${member.login}` }
})

const setUpInstallation = defineTask('github.setUpInstallation', async (context) => {
  const kwargs = await context.filterKwargs({ 'installation.created': schemas.installation, 'installation_repositories.added': schemas.repositoriesAdded })
  const { account, permissions } = kwargs['installation.created'].installation
  const repositories = kwargs['installation_repositories.added'].repositories_added.map(({ full_name }) => full_name)
  const writable = Object.values(permissions).filter((permission) => permission === 'write').length
  return { repositories, summary: `${account.login} lets the app into ${repositories.join(', ')}, with ${writable} permissions to write` }
})

export const organisationTasks: readonly Task[] = [onboardMember, setUpInstallation]
