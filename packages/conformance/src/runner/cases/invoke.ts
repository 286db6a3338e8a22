import type { ErrorRecord, JsonObject, TaskOutcome } from '@triggerkit/contracts'
import type { CaseExecution } from '../case-host.js'
import {
  CONFORMANCE_ERROR,
  CONFORMANCE_LOGS,
  CONFORMANCE_METADATA,
  CONFORMANCE_RETRY,
} from '../conformance-tasks.js'
import { demand, demandEqual } from '../demand.js'
import type { RunnerCase } from '../runner-case.js'
import type { Stage } from '../stage.js'

const ELSEWHERE = { elsewhere: true } as const

/** JSON that careless transports spoil. */
const KWARGS: JsonObject = JSON.parse(
  '{"page":{"":"empty name","ü":"😀\\u2028","list":[[],{},null,false,0,-1.5e-7,""],"__proto__":{"polluted":"yes"},"constructor":{"prototype":1}}}',
) as JsonObject

/** Runs one of the suite's functions elsewhere, to its end. */
async function executed(stage: Stage, run: string, kwargs: JsonObject = {}): Promise<CaseExecution> {
  const runner = await stage.started()
  const job = stage.job(run)
  stage.host.kwargs.set(job.id, kwargs)
  await stage.dispatch(runner, job)
  const execution = await stage.ended(job)
  demand(execution.invoked, 'it passes no invoke, though its code is declared to live elsewhere')
  return execution
}

function resultOf({ outcome, rejection }: CaseExecution): unknown {
  demand(outcome?.kind === 'finished', `the function finished, but invoke gave ${describe(outcome, rejection)}`)
  return outcome.result
}

function describe(outcome: TaskOutcome | null, rejection: CaseExecution['rejection']): string {
  return outcome === null ? `a rejection: ${String(rejection?.error)}` : JSON.stringify(outcome)
}

/** An error by what must be left of it, be it data already or thrown. */
interface Reason {
  readonly message?: string
  readonly code?: string | null
  readonly cause?: { readonly message?: string }
  readonly causes?: readonly ErrorRecord[]
}

/** Why a function failed; a rejection of `invoke` is a failure to the engine as well. */
function reasonOf({ outcome, rejection }: CaseExecution): Reason | null {
  if (outcome?.kind === 'failed') return outcome.error
  return rejection === null ? null : (rejection.error as Reason)
}

function sameValue(kind: string, value: unknown): boolean {
  switch (kind) {
    case 'nan':
      return Number.isNaN(value)
    case 'date':
      return value instanceof Date && value.getTime() === 0
    default:
      return typeof value === kind
  }
}

/** Runs a function that takes too long, and demands that it is ended at its limit. */
async function endsInTime(stage: Stage, run: string): Promise<void> {
  const runner = await stage.started()
  const job = stage.job(run)
  await stage.dispatch(runner, job)
  const execution = await stage.begun(job)

  await stage.until(() => execution.settled, 'invoke settles after the function\'s time limit')

  demandEqual(reasonOf(execution)?.code, 'TimeLimitExceeded', 'the code of its failure')
  await stage.goesOn(runner, 'a function that took too long')
}

export const invokeCases: readonly RunnerCase[] = [
  {
    id: 'runner/invoke/carries-json-both-ways',
    promise: 'Kwargs and results are the same JSON on both sides, whatever names they contain.',
    requires: ELSEWHERE,
    run: async (stage) => {
      const execution = await executed(stage, 'echo', KWARGS)

      demandEqual(resultOf(execution), { kwargs: KWARGS }, 'the result')
      demand(!('polluted' in {}), 'a name in the payload has changed the prototype of all objects')
    },
  },
  {
    id: 'runner/invoke/carries-large-payloads',
    promise: 'A payload as large as the engine allows by default, 1 MiB, is passed both ways.',
    requires: ELSEWHERE,
    run: async (stage) => {
      const kwargs = { page: { text: 'ä'.repeat(400_000), list: Array.from({ length: 20_000 }, (_, index) => index) } }

      demand(JSON.stringify(resultOf(await executed(stage, 'echo', kwargs))) === JSON.stringify({ kwargs }), 'the result differs')
    },
  },
  {
    id: 'runner/invoke/carries-the-error',
    promise: 'A failure keeps its error with type, code, stack, context and causes, its metadata and its log level.',
    requires: ELSEWHERE,
    run: async (stage) => {
      const { outcome, rejection } = await executed(stage, 'fail')

      demand(outcome?.kind === 'failed', `the function failed, but invoke gave ${describe(outcome, rejection)}`)
      demandEqual(outcome, { kind: 'failed', error: CONFORMANCE_ERROR, metadata: { seen: true }, logLevel: 'WARNING' }, 'the outcome')
    },
  },
  {
    id: 'runner/invoke/settles-for-a-rejection',
    promise: 'A function that rejects is a failure that keeps message, code and cause.',
    requires: ELSEWHERE,
    run: async (stage) => {
      const reason = reasonOf(await executed(stage, 'reject'))

      demandEqual(reason?.message, 'Nobody caught this.', 'the message of the failure')
      demandEqual(reason?.code, 'InvalidResult', 'its code')
      demandEqual(reason?.cause?.message ?? reason?.causes?.[0]?.message, 'Out of paper.', 'the message of its cause')
    },
  },
  {
    id: 'runner/invoke/carries-a-retry',
    promise: 'A retry keeps its error, metadata, kwargs and cooldown.',
    requires: ELSEWHERE,
    run: async (stage) => {
      demandEqual((await executed(stage, 'retry')).outcome, CONFORMANCE_RETRY, 'the outcome')
    },
  },
  {
    id: 'runner/invoke/carries-a-skip',
    promise: 'A skip keeps its metadata.',
    requires: ELSEWHERE,
    run: async (stage) => {
      demandEqual((await executed(stage, 'skip')).outcome, { kind: 'skip', metadata: CONFORMANCE_METADATA }, 'the outcome')
    },
  },
  {
    id: 'runner/invoke/carries-logs-in-order',
    promise: 'Log entries of a function arrive complete, in order, and before its outcome.',
    requires: ELSEWHERE,
    run: async (stage) => {
      const { logs, outcome } = await executed(stage, 'log')

      demandEqual(logs, CONFORMANCE_LOGS, 'what was logged')
      demandEqual(outcome, { kind: 'finished', result: {}, logLevel: 'ERROR' }, 'the outcome')
    },
  },
  {
    id: 'runner/invoke/carries-calls',
    promise: 'A function can call its manager from the far side, and gets the answer.',
    requires: ELSEWHERE,
    run: async (stage) => {
      demandEqual(resultOf(await executed(stage, 'call')), { answer: ['a', { b: [1, null] }] }, 'the result')
    },
  },
  {
    id: 'runner/invoke/carries-refused-calls',
    promise: 'A call that the manager refuses rejects with the manager\'s error, code and message.',
    requires: ELSEWHERE,
    run: async (stage) => {
      const refusal = { refused: true, message: 'There is no refuse.', code: 'InvalidArgument' }

      demandEqual(resultOf(await executed(stage, 'callRefused')), { refusal }, 'the result')
    },
  },
  {
    id: 'runner/invoke/carries-the-abort',
    promise: 'An aborted signal is aborted on the far side, too.',
    requires: ELSEWHERE,
    run: async (stage) => {
      const runner = await stage.started()
      const job = stage.job('awaitAbort')
      await stage.dispatch(runner, job)
      const execution = await stage.begun(job)
      await stage.until(() => execution.calls.includes('begun'), 'the function begins')

      stage.host.abort(job)

      await stage.until(() => execution.settled, 'the function returns because its signal is aborted')
      demandEqual(resultOf(execution), { aborted: true }, 'the result')
    },
  },
  {
    id: 'runner/invoke/changes-no-result',
    promise: 'A result that is not JSON is never altered on its way: it arrives as it is and the engine refuses it, or the function has failed.',
    requires: ELSEWHERE,
    run: async (stage) => {
      const runner = await stage.started()
      for (const kind of ['function', 'bigint', 'date', 'nan']) {
        const job = stage.job('notJson')
        stage.host.kwargs.set(job.id, { kind })
        await stage.dispatch(runner, job)
        const { outcome } = await stage.ended(job, `a function whose result holds a ${kind} is executed`)
        if (outcome?.kind !== 'finished') continue
        demand(sameValue(kind, (outcome.result as JsonObject)['value']), `a result with a ${kind} arrived as something else`)
      }
    },
  },
  {
    id: 'runner/invoke/ends-at-the-time-limit',
    promise: 'A runner that runs functions elsewhere enforces their time limit: invoke settles with TimeLimitExceeded.',
    requires: ELSEWHERE,
    run: (stage) => endsInTime(stage, 'neverInTime'),
  },
  {
    id: 'runner/invoke/ends-a-loop-at-the-time-limit',
    promise: 'A runner that can cancel ends a loop at its time limit.',
    requires: { elsewhere: true, cancels: true },
    run: (stage) => endsInTime(stage, 'loopBeyondTime'),
  },
  {
    id: 'runner/invoke/settles-when-closed',
    promise: 'invoke settles when the runner is closed without draining, whatever happens to the function.',
    requires: ELSEWHERE,
    run: async (stage) => {
      const runner = await stage.started()
      const job = stage.job('never')
      await stage.dispatch(runner, job)
      const execution = await stage.begun(job)
      await stage.until(() => execution.calls.includes('begun'), 'the function begins')

      await stage.close(runner, false)

      await stage.until(() => execution.settled, 'invoke settles after close')
    },
  },
]
