import type { JsonObject } from '@triggerkit/contracts'
import { expectFailed, expectFinished, expectMissing, expectStatus, expectUnresolvedInstances, expectUnresolvedTasks } from './expectations.js'
import type { Expectation, ExpectedError, Inspectable } from './expectations.js'
import type { ExpectStatic } from 'vitest'

/** The assertions as matchers, for `expect(manager)`. Each is awaited. */
export interface TriggerkitMatchers {
  /** Its `unless` came true before it could run. */
  toHaveAbandonedInstance(instance: string): Promise<void>
  /** It failed, with an error of that class, name or code, itself or among its causes. */
  toHaveFailedInstance(instance: string, error?: ExpectedError): Promise<void>
  /** It finished, with that result if one is given. */
  toHaveFinishedInstance(instance: string, ...result: readonly [] | readonly [result: JsonObject]): Promise<void>
  /** It was not created: none of its triggers has fired. */
  toHaveMissingInstance(instance: string): Promise<void>
  /** It was replayed, by hand or because its task retried. */
  toHaveReplayedInstance(instance: string): Promise<void>
  /** It was skipped. */
  toHaveSkippedInstance(instance: string): Promise<void>
  /** Some of its triggers have fired, but not all. */
  toHaveUnstartedInstance(instance: string): Promise<void>
  /** Exactly these tasks, in whatever order, have no instance yet or an unresolved one. */
  toHaveUnresolvedTasks(tasks: readonly string[]): Promise<void>
  /** Exactly these instances, in whatever order, are in no final status. */
  toHaveUnresolvedInstances(instances: readonly string[]): Promise<void>
}

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- a declaration merges only with the same type parameters
  interface Matchers<T> extends TriggerkitMatchers {}
}

interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
  readonly actual?: unknown
  readonly expected?: unknown
}

/**
 * Adds the assertions to Vitest's `expect`, once for each test file or in a set-up file.
 * @example `await expect(manager).toHaveFinishedInstance('t_importSubject#0', { subjectId: 42 })`
 */
export function installMatchers(expect: Pick<ExpectStatic, 'extend'>): void {
  expect.extend({
    toHaveAbandonedInstance: async (session: Inspectable, instance: string) => judge(session, expectStatus(instance, 'abandoned')),
    toHaveFailedInstance: async (session: Inspectable, instance: string, error?: ExpectedError) => judge(session, expectFailed(instance, error)),
    toHaveFinishedInstance: async (session: Inspectable, instance: string, ...result: readonly [] | readonly [JsonObject]) =>
      judge(session, expectFinished(instance, ...result)),
    toHaveMissingInstance: async (session: Inspectable, instance: string) => judge(session, expectMissing(instance)),
    toHaveReplayedInstance: async (session: Inspectable, instance: string) => judge(session, expectStatus(instance, 'replayed')),
    toHaveSkippedInstance: async (session: Inspectable, instance: string) => judge(session, expectStatus(instance, 'skipped')),
    toHaveUnstartedInstance: async (session: Inspectable, instance: string) => judge(session, expectStatus(instance, 'unstarted')),
    toHaveUnresolvedTasks: async (session: Inspectable, tasks: readonly string[]) => judge(session, expectUnresolvedTasks(tasks)),
    toHaveUnresolvedInstances: async (session: Inspectable, instances: readonly string[]) => judge(session, expectUnresolvedInstances(instances)),
  })
}

async function judge(session: Inspectable, expectation: Expectation): Promise<MatcherResult> {
  const { message, ...verdict } = expectation(await session.debugView())
  return { ...verdict, message: () => message }
}
