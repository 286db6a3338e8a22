import { demand, demandEqual } from '../demand.js'
import type { RunnerCase } from '../runner-case.js'
import type { Stage } from '../stage.js'

/** Cuts a function that would go on for ever, as the engine does: aborts its signal, then tells the runner. */
async function cuts(stage: Stage, run: string): Promise<void> {
  const runner = await stage.started()
  const job = stage.job(run)
  await stage.dispatch(runner, job)
  const execution = await stage.begun(job)
  await stage.until(() => execution.calls.includes('begun'), 'the function begins')

  stage.host.abort(job)
  await stage.cancel(runner, job)

  await stage.until(() => execution.settled, 'invoke settles after the function was cancelled')
  demand(execution.outcome?.kind !== 'finished', 'the function went on to its end')
  await stage.idle(runner)
  await stage.goesOn(runner, 'a function that was cut')
}

export const cancelCases: readonly RunnerCase[] = [
  {
    id: 'runner/cancel/waiting-does-not-run',
    promise: 'A job that waits does not run once it was cancelled.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.open()
      const [cancelled, other] = [stage.job(), stage.job()]
      await stage.dispatchAll(runner, [cancelled, other])

      await stage.cancel(runner, cancelled)
      await stage.start(runner)

      await stage.ended(other, 'a job beside the cancelled one is executed')
      await stage.idle(runner)
      demandEqual(stage.host.deliveriesOf(cancelled), 0, 'the number of executions of the cancelled job')
    },
  },
  {
    id: 'runner/cancel/delayed-does-not-run',
    promise: 'A job that waits for its time does not run once it was cancelled, and nothing waits for it any more.',
    requires: { delays: true },
    run: async (stage) => {
      const runner = await stage.started()
      const delayed = (delay: number) => stage.job('echo', { notBefore: stage.host.now() + delay })
      const [cancelled, far, other] = [delayed(300), delayed(3_600_000), delayed(360)]
      await stage.dispatchAll(runner, [cancelled, far, other])

      await stage.cancel(runner, cancelled)
      await stage.cancel(runner, far)

      await stage.ended(other)
      await stage.idle(runner)
      demandEqual(stage.host.deliveriesOf(cancelled), 0, 'the number of executions of the cancelled job')
    },
  },
  {
    id: 'runner/cancel/unknown-is-harmless',
    promise: 'Cancelling a job that the runner does not know, or that has ended, changes nothing.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const [unknown, ended] = [stage.job(), stage.job()]
      await stage.dispatch(runner, ended)
      await stage.ended(ended)

      await stage.cancel(runner, unknown)
      await stage.cancel(runner, ended)

      await stage.goesOn(runner, 'cancelling what is not there')
    },
  },
  {
    id: 'runner/cancel/running-ends-early-or-by-itself',
    promise: 'A job that runs ends once it was cancelled and its function has returned, and the runner goes on.',
    requires: {},
    run: async (stage) => {
      const runner = await stage.started()
      const job = stage.job('hold')
      await stage.dispatch(runner, job)
      const execution = await stage.begun(job)

      stage.host.abort(job)
      await stage.cancel(runner, job)
      stage.host.release()

      await stage.until(() => execution.ended && execution.settled, 'the cancelled execution ends')
      await stage.idle(runner)
      await stage.goesOn(runner, 'a cancelled execution')
    },
  },
  {
    id: 'runner/cancel/undeclared-leaves-it-to-the-signal',
    promise: 'A runner that cannot cancel leaves a job that runs to its signal: it counts as present until it has ended.',
    requires: { cancels: false },
    run: async (stage) => {
      const runner = await stage.started()
      const job = stage.job('hold')
      await stage.dispatch(runner, job)
      const execution = await stage.begun(job)

      await stage.cancel(runner, job)
      await stage.aWhile()

      demand(!execution.settled, 'the function was stopped, though the runner declares that it cannot')
      demandEqual(await stage.repeat(runner, job), 'present', 'the answer to its repeated hand-over')
      stage.host.release()
      await stage.ended(job)
    },
  },
  {
    id: 'runner/cancel/cuts-what-never-ends',
    promise: 'A runner that can cancel ends a function that ignores its signal: invoke settles, and the runner goes on.',
    requires: { cancels: true, elsewhere: true },
    run: (stage) => cuts(stage, 'never'),
  },
  {
    id: 'runner/cancel/cuts-a-loop',
    promise: 'A runner that can cancel ends a function that never lets go of its thread.',
    requires: { cancels: true, elsewhere: true },
    run: (stage) => cuts(stage, 'loop'),
  },
]
