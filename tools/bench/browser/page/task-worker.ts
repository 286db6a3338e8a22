import type { Task } from '@triggerkit/contracts'
import { exposeTasks } from '@triggerkit/runners-web-worker/worker'

const echo: Task = {
  name: 'echo',
  timeLimit: null,
  perform: async ({ kwargs }) => ({ kind: 'finished', result: kwargs, logLevel: 'NOTSET' }),
}

exposeTasks([echo])
