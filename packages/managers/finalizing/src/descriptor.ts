import { API_VERSION } from '@triggerkit/contracts'
import type { ManagerDescriptor } from '@triggerkit/contracts'
import { FinalizingTriggerManager } from './finalizing-manager.js'

/** With this the manager can be registered. */
export const finalizingManagerDescriptor: ManagerDescriptor = {
  kind: 'manager',
  key: 'finalizing',
  package: '@triggerkit/managers-finalizing',
  version: '0.1.0',
  apiVersion: API_VERSION,
  create: FinalizingTriggerManager,
}
