import type { Look, LookedAt } from './demo.js'

/** Says what became of each session, those alike in one line; answers how many are not as they should be. */
export function summaryOf({ sessions }: Look, say: (line: string) => void): number {
  const groups = new Map<string, number>()
  for (const session of sessions) {
    const line = `${kindOf(session)}: ${endOf(session)}`
    groups.set(line, (groups.get(line) ?? 0) + 1)
  }
  for (const [line, count] of [...groups].sort(([left], [right]) => (left < right ? -1 : 1))) say(`${String(count).padStart(5)} × ${line}`)
  const wrong = sessions.filter((session) => !isSettled(session)).length
  say(wrong === 0 ? `All ${sessions.length} sessions ended: nothing lost, nothing done twice.` : `${wrong} of ${sessions.length} sessions did not end.`)
  return wrong
}

function kindOf({ questionnaire }: LookedAt): string {
  return questionnaire === undefined ? 'applicant' : questionnaire.kind
}

function endOf({ overview }: LookedAt): string {
  const counts = new Map<string, number>()
  for (const { status } of overview.instances) counts.set(status, (counts.get(status) ?? 0) + 1)
  const statuses = [...counts].sort().map(([status, count]) => `${count} ${status}`)
  const waiting = overview.instances.flatMap(({ name, waitsFor }) => (waitsFor === undefined ? [] : [`${name} waits for ${waitsFor.join(', ')}`]))
  return [...statuses, ...waiting].join(', ')
}

/** Every page imported once, the subject once, and the archive written at the very end; of an applicant the one assessment. */
function isSettled({ questionnaire, overview: { instances } }: LookedAt): boolean {
  const finished = (task: string): number => instances.filter(({ name, status }) => name.startsWith(`${task}#`) && status === 'finished').length
  if (questionnaire === undefined) return finished('t_assess') === 1 || instances.every(({ waitsFor = [] }) => waitsFor.length > 0)
  const pages = questionnaire.requests.filter(({ path }) => path === '/pages').length
  return finished('t_importSubject') === 1 && finished('t_importResponses') === pages && finished('t_archive') === 1
}
