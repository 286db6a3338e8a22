import { expect, it } from 'vitest'

import { Agenda, appointment, type Appointment } from './agenda.js'

function drain(agenda: Agenda<string>): string[] {
  const subjects: string[] = []
  for (let next = agenda.first; next !== undefined; next = agenda.first) {
    subjects.push(next.subject)
    agenda.cancel(next)
  }
  return subjects
}

function agendaOf(times: Readonly<Record<string, number>>): { agenda: Agenda<string>; items: Map<string, Appointment<string>> } {
  const agenda = new Agenda<string>()
  const items = new Map(Object.keys(times).map(subject => [subject, appointment(subject)]))
  for (const [subject, item] of items) agenda.schedule(item, times[subject] ?? 0)
  return { agenda, items }
}

it('gives its appointments in the order of their times', () => {
  const { agenda } = agendaOf({ c: 3, a: 1, e: 5, b: 2, d: 4 })

  expect(drain(agenda)).toEqual(['a', 'b', 'c', 'd', 'e'])
})

it('moves appointments both ways, and drops those that are cancelled', () => {
  const { agenda, items } = agendaOf({ a: 1, b: 2, c: 3, d: 4, e: 5 })
  const item = (subject: string): Appointment<string> => items.get(subject) ?? appointment(subject)

  agenda.schedule(item('a'), 9)
  agenda.schedule(item('e'), 0)
  agenda.cancel(item('c'))
  agenda.cancel(item('c'))
  agenda.cancel(appointment('stranger'))

  expect(drain(agenda)).toEqual(['e', 'b', 'd', 'a'])
})

it('keeps its order through any row of moves', () => {
  const agenda = new Agenda<number>()
  const items = Array.from({ length: 200 }, (_, subject) => appointment(subject))
  for (let step = 0; step < 5_000; step += 1) {
    const item = items[(step * 7_919) % items.length]
    if (item === undefined) continue
    if (step % 5 === 0) agenda.cancel(item)
    else agenda.schedule(item, (step * 104_729) % 1_000)
  }
  const expected = items.filter(({ position }) => position !== -1).map(({ at }) => at).sort((one, other) => one - other)

  const times: number[] = []
  for (let next = agenda.first; next !== undefined; next = agenda.first) {
    times.push(next.at)
    agenda.cancel(next)
  }

  expect(times).toEqual(expected)
})
