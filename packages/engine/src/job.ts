import type { Job, Version } from '@triggerkit/contracts'
import type { HandOver, Instance, Task } from '@triggerkit/core'

/** The hand-over of a scheduled instance as a job. */
export function jobOf(instance: Instance, task: Task, session: { uid: string; version: Version; manager: string; storage: string }): Job {
  const { run, runner, notBefore } = instance.handOver as HandOver
  const { uid, version, manager, storage } = session
  return {
    id: jobId(version.incarnation, task.index, instance),
    storage,
    manager,
    uid,
    incarnation: version.incarnation,
    instance: instance.name,
    task: task.name,
    run,
    runner,
    round: instance.round,
    attempt: instance.attempt,
    notBefore,
  }
}

/** Unique to incarnation, instance, round and attempt without hashing: the incarnation is random, the rest are numbers. */
export function jobId(incarnation: string, task: number, { number, round, attempt }: Pick<Instance, 'number' | 'round' | 'attempt'>): string {
  return ['t', incarnation, ...[task, number, round, attempt].map((part) => part.toString(36))].join('-')
}
