import type { JsonObject } from '@triggerkit/contracts'
import { expectFailed, expectFinished, expectMissing, expectStatus, expectUnresolvedInstances, expectUnresolvedTasks } from './expectations.js'
import type { Expectation, ExpectedError, Inspectable, Verdict } from './expectations.js'

/** A failed expectation. Its name tells test frameworks that the test failed, rather than broke. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
  readonly code = 'ERR_ASSERTION'
  readonly actual: unknown
  readonly expected: unknown

  constructor({ message, actual, expected }: Verdict) {
    super(message)
    this.actual = actual
    this.expected = expected
  }
}

async function check(session: Inspectable, expectation: Expectation): Promise<void> {
  const verdict = expectation(await session.debugView())
  if (!verdict.pass) throw new AssertionError(verdict)
}

/** Asserts that the instance was abandoned: its `unless` came true before it could run. @throws `AssertionError` */
export async function assertInstanceAbandoned(session: Inspectable, instance: string): Promise<void> {
  await check(session, expectStatus(instance, 'abandoned'))
}

/**
 * Asserts that the instance failed.
 * @param error - the expected error: the class, name or code of the error itself or of one of its causes. An instance keeps its error as
 * data: `Error` matches every error, any other class only itself and not its subclasses.
 * @throws `AssertionError`
 */
export async function assertInstanceFailed(session: Inspectable, instance: string, error?: ExpectedError): Promise<void> {
  await check(session, expectFailed(instance, error))
}

/**
 * Asserts that the instance finished.
 * @param result - the expected result: a JSON object, which may contain matchers such as `expect.any(Number)`
 * @throws `AssertionError`
 */
export async function assertInstanceFinished(session: Inspectable, instance: string, ...result: readonly [] | readonly [result: JsonObject]): Promise<void> {
  await check(session, expectFinished(instance, ...result))
}

/** Asserts that the instance was not created: none of its triggers has fired. @throws `AssertionError` */
export async function assertInstanceMissing(session: Inspectable, instance: string): Promise<void> {
  await check(session, expectMissing(instance))
}

/** Asserts that the instance was replayed, by hand or because its task retried. @throws `AssertionError` */
export async function assertInstanceReplayed(session: Inspectable, instance: string): Promise<void> {
  await check(session, expectStatus(instance, 'replayed'))
}

/** Asserts that the instance was skipped. @throws `AssertionError` */
export async function assertInstanceSkipped(session: Inspectable, instance: string): Promise<void> {
  await check(session, expectStatus(instance, 'skipped'))
}

/** Asserts that the instance is unstarted: some of its triggers have fired, but not all. @throws `AssertionError` */
export async function assertInstanceUnstarted(session: Inspectable, instance: string): Promise<void> {
  await check(session, expectStatus(instance, 'unstarted'))
}

/** Asserts that exactly these tasks, in any order, have no instance yet or an unresolved one. @throws `AssertionError` */
export async function assertUnresolvedTasks(session: Inspectable, tasks: readonly string[]): Promise<void> {
  await check(session, expectUnresolvedTasks(tasks))
}

/** Asserts that exactly these instances, in any order, are unresolved. @throws `AssertionError` */
export async function assertUnresolvedInstances(session: Inspectable, instances: readonly string[]): Promise<void> {
  await check(session, expectUnresolvedInstances(instances))
}
