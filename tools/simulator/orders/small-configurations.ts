import type { TaskConfiguration, TaskConfigurations } from '@triggerkit/contracts'

/** How many tasks and triggers a configuration has. */
export interface Size {
  readonly tasks: number
  readonly triggers: number
}

/** The names that tasks may wait for: the triggers, then the tasks themselves, by place. */
export function namesOf({ tasks, triggers }: Size): readonly string[] {
  return [...triggersOf({ tasks, triggers }), ...Array.from({ length: tasks }, (_, place) => `t_${place}`)]
}

export function triggersOf({ triggers }: Size): readonly string[] {
  return Array.from({ length: triggers }, (_, place) => String.fromCharCode(97 + place))
}

/**
 * Every configuration of that size without `unless` and `andEvery`, one of each kind that differs only in names. A task
 * may wait for any set of names, its own and the empty set included.
 */
export function* joins(size: Size): Generator<TaskConfigurations> {
  const names = namesOf(size)
  const renamings = renamingsOf(size)
  const masks = new Array<number>(size.tasks).fill(0)
  do if (isFirstOfItsKind(masks, renamings)) yield masks.map((mask, place) => [`t_${place}`, taskOf(chosen(names, mask))] as const)
  while (countUp(masks, 2 ** names.length))
}

/** As {@link joins}, with at most one name in `unless`, and any name that is waited for as `andEvery`. */
export function* conditioned(size: Size): Generator<TaskConfigurations> {
  const names = namesOf(size)
  const tasks = [...Array(2 ** names.length).keys()].flatMap((mask) => {
    const after = chosen(names, mask)
    return [null, ...after].flatMap((andEvery) => [[], ...names.map((name) => [name])].map((unless) => taskOf(after, andEvery, unless)))
  })
  const choice = new Array<number>(size.tasks).fill(0)
  do yield choice.map((index, place) => [`t_${place}`, tasks[index] as TaskConfiguration] as const)
  while (countUp(choice, tasks.length))
}

function taskOf(after: readonly string[], andEvery: string | null = null, unless: readonly string[] = []): TaskConfiguration {
  return { after, andEvery, unless, withParams: {}, run: 'app.work', using: null, extras: {} }
}

function chosen(names: readonly string[], mask: number): readonly string[] {
  return names.filter((_, bit) => (mask & (1 << bit)) !== 0)
}

/** The next row of digits in that base; `false` after the last. */
function countUp(digits: number[], base: number): boolean {
  for (let place = digits.length - 1; place >= 0; place -= 1) {
    digits[place] = (digits[place] as number) + 1
    if ((digits[place] as number) < base) return true
    digits[place] = 0
  }
  return false
}

/** A renaming: which place each task moves to, and what each set of names becomes, by mask. */
interface Renaming {
  readonly place: readonly number[]
  readonly mask: Uint16Array
}

function renamingsOf({ tasks, triggers }: Size): readonly Renaming[] {
  return permutations(triggers).flatMap((trigger) =>
    permutations(tasks).map((place) => {
      const bits = [...trigger, ...place.map((to) => triggers + to)]
      const mask = Uint16Array.from({ length: 2 ** bits.length }, (_, from) => bits.reduce((sum, to, bit) => ((from & (1 << bit)) === 0 ? sum : sum | (1 << to)), 0))
      return { place, mask }
    }),
  )
}

function isFirstOfItsKind(masks: readonly number[], renamings: readonly Renaming[]): boolean {
  return renamings.every(({ place, mask }) => {
    const renamed = new Array<number>(masks.length)
    masks.forEach((own, from) => (renamed[place[from] as number] = mask[own] as number))
    const differs = renamed.findIndex((own, index) => own !== masks[index])
    return differs < 0 || (renamed[differs] as number) > (masks[differs] as number)
  })
}

/** All orders of the numbers from 0 up. */
export function permutations(length: number): readonly (readonly number[])[] {
  if (length === 0) return [[]]
  const last = length - 1
  return permutations(last).flatMap((rest) => Array.from({ length }, (_, at) => [...rest.slice(0, at), last, ...rest.slice(at)]))
}
