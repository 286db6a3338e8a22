import { exposeTasks } from '@triggerkit/runners-web-worker/worker'

import { tasks } from './tasks.js'

exposeTasks(tasks)
