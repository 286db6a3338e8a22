import { html, nothing, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'

import type { SessionState, TaskState } from '../session-state.js'
import { instanceView } from './instance.js'
import type { Actions, Model } from './model.js'

/** The session's state, the same in every tab: each task, what it waits for, and what became of its instances. */
export function sessionView({ session }: Model, actions: Actions): TemplateResult {
  return html`
    <section class="card session" aria-labelledby="session">
      <h2 id="session">What has happened</h2>
      <p role="status" class="summary">${session === null ? 'Reading …' : summaryOf(session)}</p>
      <ol class="tasks" aria-label="Tasks">
        ${repeat(session?.tasks ?? [], ({ name }) => name, (task) => taskView(task, session as SessionState, actions))}
      </ol>
    </section>
  `
}

/** One sentence for the whole: how many instances fail, run or are done. */
export function summaryOf({ tasks, fired }: SessionState): string {
  if (fired.size === 0) return 'Nothing has been sent yet.'
  const statuses = tasks.flatMap(({ instances }) => instances.map(({ status }) => status))
  const count = (...wanted: readonly string[]): number => statuses.filter((status) => wanted.includes(status)).length
  const parts: readonly (readonly [number, string])[] = [
    [count('failed'), 'failed'],
    [count('scheduled', 'running'), 'under way'],
    [count('unstarted'), 'waiting'],
    [count('finished', 'skipped', 'replayed', 'abandoned'), 'done'],
  ]
  const told = parts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`)
  const submitted = tasks.some(({ name, instances }) => name === 't_submit' && instances.some(({ status }) => status === 'finished'))
  return `${submitted ? 'Submitted. ' : ''}${told.length === 0 ? 'No task has begun.' : `Tasks: ${told.join(', ')}.`}`
}

function taskView(task: TaskState, { fired }: SessionState, actions: Actions): TemplateResult {
  const { name, configuration, instances } = task
  const { after, andEvery, unless, extras } = configuration
  return html`
    <li class="task">
      <h3><code>${name}</code></h3>
      ${typeof extras['title'] === 'string' ? html`<p>${extras['title']}</p>` : nothing}
      <dl>
        ${triggersView('after', after.filter((trigger) => trigger !== andEvery), fired)}
        ${andEvery === null ? nothing : triggersView('and every', [andEvery], fired)} ${triggersView('unless', unless, fired)}
      </dl>
      ${instances.length === 0 ? nothing : html`
        <ul class="instances" aria-label="Instances of ${name}">
          ${repeat(instances, (instance) => instance.name, (instance) => instanceView(instance, actions))}
        </ul>`}
    </li>
  `
}

function triggersView(directive: string, triggers: readonly string[], fired: ReadonlySet<string>): TemplateResult | typeof nothing {
  if (triggers.length === 0) return nothing
  return html`
    <div>
      <dt>${directive}</dt>
      ${triggers.map((trigger) => html`<dd class=${fired.has(trigger) ? 'fired' : 'missing'}><code>${trigger}</code><span class="unseen">${fired.has(trigger) ? ' has fired' : ' has not fired'}</span></dd>`)}
    </div>
  `
}
