import { exposeTasks } from '@triggerkit/runners-web-worker/worker'

import { tasks } from './workflow/tasks.js'

exposeTasks(tasks)
