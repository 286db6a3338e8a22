import { conformanceTasks } from '@triggerkit/conformance'

import { exposeTasks } from './worker.js'

exposeTasks(conformanceTasks)
