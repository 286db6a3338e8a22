import type { Job, RunnerHost, TaskOutcome, Timer } from '@triggerkit/contracts'
import type { BrokenRunner } from './broken-runner.js'
import { simulatedFarSide } from './far-side.js'
import type { FarSide } from './far-side.js'
import { FaithfulRunner, garbled, refusal, spoilt } from './faithful-runner.js'

const ELSEWHERE = { elsewhere: true } as const

type Broken = Omit<BrokenRunner, 'traits' | 'make'>

/** Breaks the way to the far side and back. */
function onTheWay(farSide: FarSide, broken: Broken): BrokenRunner {
  return { ...broken, traits: ELSEWHERE, make: (making) => new FaithfulRunner({ ...making, farSide }) }
}

/** Breaks outcomes on their way back. */
function outcomes(change: (outcome: TaskOutcome) => TaskOutcome, broken: Broken): BrokenRunner {
  return onTheWay(garbled(simulatedFarSide, change), broken)
}

function asJson(outcome: TaskOutcome): TaskOutcome {
  return JSON.parse(JSON.stringify(outcome)) as TaskOutcome
}

/** What a careless merge makes of an object. */
function merged(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const result: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) result[name] = merged(member)
  return result
}

/** Runners whose code lives elsewhere, and which lose something on the way, or never come back from it. */
export const brokenInvoking: readonly BrokenRunner[] = [
  {
    defect: 'leaves it to the engine what its far side can run',
    fails: 'runner/accepts/speaks-for-code-elsewhere',
    says: 'it has no method accepts',
    traits: ELSEWHERE,
    make: (making) => {
      const runner = new FaithfulRunner(making)
      delete runner.accepts
      return runner
    },
  },
  {
    defect: 'has the engine run what should run elsewhere',
    fails: 'runner/invoke/carries-json-both-ways',
    says: 'it passes no invoke',
    traits: ELSEWHERE,
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override execute(job: Job, host: RunnerHost): Promise<unknown> {
          return host.execute(job)
        }
      })(making),
  },
  outcomes((outcome) => (outcome.kind === 'finished' ? { ...outcome, result: merged(outcome.result) } : outcome), {
    defect: 'merges names that mean something to JavaScript',
    fails: 'runner/invoke/carries-json-both-ways',
    says: 'the result is ',
  }),
  onTheWay(
    { begin: (call, signal, port) => (JSON.stringify(call).length > 65_536 ? never() : simulatedFarSide.begin(call, signal, port)) },
    { defect: 'drops large messages', fails: 'runner/invoke/carries-large-payloads', says: 'ends' },
  ),
  outcomes((outcome) => (outcome.kind === 'failed' ? { ...outcome, error: { ...outcome.error, code: null, causes: [] } } : outcome), {
    defect: 'carries of an error its message only',
    fails: 'runner/invoke/carries-the-error',
    says: 'the outcome is ',
  }),
  outcomes((outcome) => (outcome.kind === 'failed' ? { ...outcome, error: { ...outcome.error, causes: [] } } : outcome), {
    defect: 'loses the cause of what was thrown',
    fails: 'runner/invoke/settles-for-a-rejection',
    says: 'the message of its cause is undefined',
  }),
  outcomes((outcome) => (outcome.kind === 'retry' ? { ...outcome, cooldown: 0 } : outcome), {
    defect: 'retries at once',
    fails: 'runner/invoke/carries-a-retry',
    says: 'the outcome is ',
  }),
  outcomes((outcome) => (outcome.kind === 'skip' ? { ...outcome, metadata: {} } : outcome), {
    defect: 'loses the metadata of a skip',
    fails: 'runner/invoke/carries-a-skip',
    says: 'the outcome is ',
  }),
  onTheWay(spoilt(simulatedFarSide, (port) => ({ log: (entry) => void setTimeout(() => port.log(entry), 500) })), {
    defect: 'sends logs behind the outcome',
    fails: 'runner/invoke/carries-logs-in-order',
    says: 'what was logged is ',
  }),
  onTheWay(spoilt(simulatedFarSide, () => ({ call: async () => null })), {
    defect: 'answers calls itself',
    fails: 'runner/invoke/carries-calls',
    says: 'the result is {"answer":null}',
  }),
  onTheWay(spoilt(simulatedFarSide, (port) => ({ call: (method, args) => port.call(method, args).catch(() => Promise.reject(new Error('refused'))) })), {
    defect: 'loses the code of the error with which a call was refused',
    fails: 'runner/invoke/carries-refused-calls',
    says: 'the result is ',
  }),
  onTheWay({ begin: (call, _signal, port) => simulatedFarSide.begin(call, new AbortController().signal as never, port) }, {
    defect: 'does not tell the far side of an abort',
    fails: 'runner/invoke/carries-the-abort',
    says: 'the function returns because its signal is aborted',
  }),
  outcomes(asJson, {
    defect: 'writes results as JSON, whatever they are',
    fails: 'runner/invoke/changes-no-result',
    says: 'arrived as something else',
  }),
  {
    defect: 'watches over no time limit',
    fails: 'runner/invoke/ends-at-the-time-limit',
    says: "invoke settles after the function's time limit",
    traits: ELSEWHERE,
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override limitTime(): Timer | null {
          return null
        }
      })(making),
  },
  {
    defect: 'watches over time limits in the thread that it watches',
    fails: 'runner/invoke/ends-a-loop-at-the-time-limit',
    says: 'the code of its failure is undefined',
    traits: { elsewhere: true, cancels: true },
    make: (making) => new FaithfulRunner(making),
  },
  {
    defect: 'ends a function at its time limit without saying why',
    fails: 'runner/invoke/ends-at-the-time-limit',
    says: 'the code of its failure is "Cancelled", not "TimeLimitExceeded"',
    traits: ELSEWHERE,
    make: (making) =>
      new (class extends FaithfulRunner {
        protected override limitTime({ id }: Job, _call: unknown, host: RunnerHost): Timer {
          return host.clock.setTimer(() => this.far.get(id)?.(refusal('Cancelled')), 10)
        }
      })(making),
  },
  {
    defect: 'leaves invoke pending when it is closed',
    fails: 'runner/invoke/settles-when-closed',
    says: 'invoke settles after close',
    traits: ELSEWHERE,
    make: (making) =>
      new (class extends FaithfulRunner {
        override async close(): Promise<void> {
          this.closed = true
          this.release()
        }
      })(making),
  },
]

function never(): ReturnType<FarSide['begin']> {
  return { outcome: new Promise<TaskOutcome>(() => undefined), cut: () => undefined }
}
