import type { Random } from './random.js'

/** Every await that leaves a process has one of these labels; each can be struck by every fault of a call. */
export const LABELS = ['load', 'commit', 'read', 'list', 'due', 'postpone', 'heartbeat', 'owners', 'dispatch', 'cancel', 'report', 'task', 'watch'] as const
export type Label = (typeof LABELS)[number]

/** What can befall a call. */
export const CALL_FAULTS = [
  'crash before', 'crash after', 'request lost', 'request refused', 'request late', 'reply lost', 'reply late', 'served twice', 'frozen',
] as const
export type CallFault = (typeof CALL_FAULTS)[number]

/** What befalls the nth call of a label, or whatever happens at a time. */
export type Fault =
  | { readonly kind: CallFault; readonly label: Label; readonly nth: number; readonly length: number }
  | { readonly kind: 'delivered twice'; readonly nth: number; readonly length: number }
  | { readonly kind: 'crash' | 'frozen' | 'clock jumps' | 'closed'; readonly process: number; readonly at: number; readonly length: number }
  | { readonly kind: 'storage unavailable' | 'runner unavailable' | 'storage clock jumps'; readonly at: number; readonly length: number }

/** The faults of a plan for so many processes, that happen until that time: a few that surely strike, and many that may. */
export function faultsOf(random: Random, processes: number, until: number): readonly Fault[] {
  const brief = (['storage clock jumps', 'storage unavailable', 'runner unavailable'] as const).flatMap((kind) =>
    Array.from({ length: 3 }, (): Fault => ({ kind, at: random.between(50, until - 500), length: random.between(20, 500) })),
  )
  return [...brief, ...Array.from({ length: random.between(42, 56) }, () => faultOf(random, processes, until))]
}

function faultOf(random: Random, processes: number, until: number): Fault {
  const at = random.between(100, until - 500)
  const process = random.below(processes)
  return random.weighted<() => Fault>([
    [26, () => callFault(random, until)],
    [3, () => ({ kind: 'delivered twice', nth: random.between(1, 12), length: random.between(0, 3_000) })],
    [2, () => ({ kind: 'crash', process, at, length: random.between(100, 9_000) })],
    [2, () => ({ kind: 'closed', process, at, length: random.between(10, 4_000) })],
    [2, () => ({ kind: 'frozen', process, at, length: random.between(500, 14_000) })],
    [2, () => ({ kind: 'clock jumps', process, at, length: random.between(50, 1_500) })],
    [1, () => ({ kind: 'storage unavailable', at, length: random.between(500, 5_000) })],
    [1, () => ({ kind: 'runner unavailable', at, length: random.between(500, 6_000) })],
    [1, () => ({ kind: 'storage clock jumps', at, length: random.between(100, 20_000) })],
  ])()
}

/** How often a label comes up in a run, roughly: faults are spread over as many calls. */
const USUAL: readonly (readonly [weight: number, label: Label, calls: number])[] = [
  [30, 'commit', 28],
  [12, 'dispatch', 8],
  [6, 'load', 20],
  [3, 'read', 2],
  [1, 'list', 3],
  [8, 'due', 18],
  [5, 'postpone', 6],
  [8, 'heartbeat', 16],
  [4, 'owners', 4],
  [1, 'cancel', 1],
  [4, 'report', 5],
  [8, 'task', 8],
  [1, 'watch', 4],
]

/** For how long the usual calls are counted; what is called at intervals comes up less often in less time. */
const USUAL_LENGTH = 20_000
const AT_INTERVALS: ReadonlySet<Label> = new Set(['due', 'heartbeat'])

function callFault(random: Random, until: number): Fault {
  const [label, calls] = random.weighted(USUAL.map(([weight, name, count]) => [weight, [name, count] as const]))
  const most = AT_INTERVALS.has(label) ? Math.ceil((calls * until) / USUAL_LENGTH) : calls
  const kind = random.weighted<CallFault>([
    [2, 'crash before'], [3, 'crash after'], [4, 'request lost'], [2, 'request refused'], [3, 'request late'],
    [6, 'reply lost'], [3, 'reply late'], [3, 'served twice'], [2, 'frozen'],
  ])
  return { kind, label, nth: random.between(1, most), length: random.weighted([[2, random.between(10, 800)], [3, random.between(1_000, 13_000)]]) }
}

/** A fault in one line. */
export function toldFault(fault: Fault): string {
  const { kind, length } = fault
  if ('label' in fault) return `${kind} at ${fault.label} ${fault.nth} (${length} ms)`
  if ('nth' in fault) return `${kind}: delivery ${fault.nth} (${length} ms)`
  const where = 'process' in fault ? ` of process ${fault.process}` : ''
  return `${kind}${where} at ${fault.at} ms (${length} ms)`
}
