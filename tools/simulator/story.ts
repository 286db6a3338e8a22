import { toldFault } from './faults.js'
import type { Plan } from './plan.js'
import { selectionOf } from './shrink.js'
import type { Failing } from './shrink.js'

/** The command that repeats a run. */
export function commandFor(whole: Plan, part: Plan, defect: string | undefined): string {
  const { steps, faults } = selectionOf(whole, part)
  const planted = defect === undefined ? '' : ` --defect ${defect}`
  return `npm run simulate -- --seeds 1 --seed ${whole.seed} --steps ${steps.join(',') || 'none'} --faults ${faults.join(',') || 'none'}${planted} --story`
}

/** What happened in a failing run, from the beginning to the first violation, and how to see it again. */
export function storyOf(whole: Plan, { plan, outcome }: Failing, defect?: string): string {
  const { manager, runner, queue, settings, configuration } = plan
  const end = outcome.lines.findIndex((line) => line.includes('VIOLATION'))
  return [
    `Seed ${plan.seed}: ${outcome.violations.map(({ invariant, message }) => `${invariant} ${message}`).join('\n  and ')}`,
    '',
    `manager ${manager}, runner ${runner}, a queue that ${queue.delays ? 'keeps back' : "doesn't keep back"} what isn't due; ${JSON.stringify(settings)}`,
    ...tasksOf(plan, configuration === undefined ? [] : Object.entries(configuration)),
    ...plan.faults.map((fault) => `fault: ${toldFault(fault)}`),
    '',
    ...outcome.lines.slice(0, end < 0 ? undefined : end + 1).filter((line) => !isRoutine(line)),
    '',
    'To see it again:',
    `  ${commandFor(whole, plan, defect)}`,
  ].join('\n')
}

/** Whether it is a beat or a look around that met no fault: a story is long enough without them. */
function isRoutine(line: string): boolean {
  return /^ *[\d.]+s {2}p[\d.]+ +(heartbeat|due) /.test(line) && !line.includes('✗')
}

function tasksOf({ steps }: Plan, first: readonly (readonly [string, unknown])[]): readonly string[] {
  const configured = steps.flatMap(({ wish, number }) => (wish.type === 'configure' ? Object.entries(wish.configuration).map(([name, task]) => [`w${number} ${name}`, task] as const) : []))
  return [...first, ...configured].map(([name, task]) => `task ${name}: ${JSON.stringify(task)}`)
}
