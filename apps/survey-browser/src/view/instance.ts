import type { InstanceView } from '@triggerkit/engine'
import { html, nothing, type TemplateResult } from 'lit-html'

import type { Actions } from './model.js'

const clockTime = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

/** One instance: its status, since when, how far it has come, why it failed and what can be done about it. */
export function instanceView(instance: InstanceView, actions: Actions): TemplateResult {
  const { name, status, error } = instance
  return html`
    <li class="instance" aria-label=${name}>
      <div class="row">
        <code>${name}</code>
        <span class="status ${status}">${status}</span>
        <span class="quiet facts">${factsOf(instance)}</span>
      </div>
      ${status === 'running' ? progressView(instance) : nothing}
      ${status === 'unstarted' ? html`<p class="quiet">waits for ${instance.waitsFor.join(', ')}</p>` : nothing}
      ${error === null ? nothing : html`<p class=${status === 'failed' ? 'error' : 'quiet'}>${error.message}</p>`}
      ${instance.canReplay ? repairView(instance, actions) : detailsView(instance)}
    </li>
  `
}

function progressView({ name, metadata }: InstanceView): TemplateResult {
  const progress = Number(metadata['progress'] ?? 0)
  return html`<progress max="1" .value=${progress} aria-label="Progress of ${name}"></progress>`
}

/** When it came to its status, how long it ran, in which tab, and whether it was begun more than once. */
function factsOf({ status, timestamps, metadata, attempt }: InstanceView): string {
  const at = timestamps[status] ?? timestamps.lastModified
  const { running, finished } = timestamps
  const facts = [
    clockTime.format(at),
    status === 'finished' && running !== undefined && finished !== undefined ? `took ${((finished - running) / 1000).toFixed(1)} s` : '',
    typeof metadata['tab'] === 'string' ? `in tab ${metadata['tab']}` : '',
    attempt > 1 ? `attempt ${attempt}` : '',
  ]
  return facts.filter((fact) => fact !== '').join(' · ')
}

function repairView(instance: InstanceView, { replay, skip }: Actions): TemplateResult {
  const { name, actualKwargs, kwargs } = instance
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.target as HTMLFormElement
    const field = form.elements.namedItem('kwargs') as HTMLTextAreaElement
    try {
      replay(instance, field.value === field.defaultValue ? null : field.value)
    } catch (error) {
      field.closest('details')?.setAttribute('open', '')
      field.setCustomValidity(`That is not JSON: ${(error as Error).message}`)
      field.reportValidity()
    }
  }
  const mended = (event: InputEvent): void => (event.target as HTMLTextAreaElement).setCustomValidity('')
  return html`
    <form class="repair" novalidate @submit=${submit}>
      <div class="row">
        <button class="strong" aria-label="Replay ${name}">Replay</button>
        <button type="button" aria-label="Skip ${name}" @click=${() => skip(instance)}>Skip</button>
      </div>
      <details>
        <summary>Edit its kwargs</summary>
        <label>
          <span class="unseen">Kwargs of ${name}, as JSON</span>
          <textarea name="kwargs" rows="8" spellcheck="false" autocomplete="off" .defaultValue=${pretty(actualKwargs ?? kwargs)} @input=${mended}></textarea>
        </label>
      </details>
    </form>
  `
}

function detailsView({ actualKwargs, result }: InstanceView): TemplateResult | typeof nothing {
  if (actualKwargs === null) return nothing
  return html`
    <details>
      <summary>Its kwargs${result === null ? '' : ' and result'}</summary>
      <pre tabindex="0">${pretty(actualKwargs)}${result === null ? '' : `\n→ ${pretty(result)}`}</pre>
    </details>
  `
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
