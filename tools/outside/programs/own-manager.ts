// A manager of one's own, offered to applications by a descriptor: it fires a trigger once three invitations went out.
import { API_VERSION, type ManagerDescriptor, type Plugin } from '@triggerkit/contracts'
import { createTriggers, defineTask, TriggerManager, type Command, type Event, type ManagerClass, type View } from '@triggerkit/engine'
import { createRegistries } from '@triggerkit/registry'
import { inlineRunner } from '@triggerkit/runners-inline'
import { memoryStorage } from '@triggerkit/storage-memory'

class PartyManager extends TriggerManager {
  static readonly guests: number = 3

  /** In the commit that sends the last invitation, so that no crash falls between them. */
  static override readonly react = (events: readonly Event[], view: View): readonly Command[] => {
    const isComplete = view.counters('t_invite').count === PartyManager.guests
    const isNews = events.some(({ type }) => type === 'fired') && view.latestFiring('everybodyInvited') === undefined
    return isComplete && isNews ? [{ type: 'fire', trigger: 'everybodyInvited', kwargs: {} }] : []
  }

  protected override async postFire(trigger: string, scheduled: readonly string[]): Promise<void> {
    if (scheduled.length > 0) console.log(trigger, '->', scheduled.join())
  }
}

const partyManagerDescriptor: ManagerDescriptor = {
  kind: 'manager',
  key: 'party',
  package: 'triggerkit-manager-party',
  version: '1.0.0',
  apiVersion: API_VERSION,
  create: PartyManager,
}
const plugin: Plugin = [partyManagerDescriptor]

const { managers } = createRegistries([plugin])
const triggers = createTriggers({
  storage: memoryStorage(),
  runners: { inline: inlineRunner() },
  managers: { party: managers.entry('party') as ManagerClass },
  manager: 'party',
  tasks: [defineTask('app.invite', () => {}), defineTask('app.cook', () => {})],
  configuration: {
    t_invite: { after: [], andEvery: 'guestKnown', run: 'app.invite' },
    t_cook: { after: ['everybodyInvited'], run: 'app.cook' },
  },
})

await triggers.start()
const party = triggers.manager('party:1')
for (const name of ['Ada', 'Grace', 'Barbara']) await party.fire('guestKnown', { name })
await triggers.settled('party:1')
console.log((await party.instance('t_cook#0')).status)
await triggers.close()
