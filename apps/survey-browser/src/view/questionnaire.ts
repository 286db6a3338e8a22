import { html, nothing, type TemplateResult } from 'lit-html'

import type { SessionState } from '../session-state.js'
import { FORMS, type Field, type Form, type Responses } from '../workflow/forms.js'
import type { Actions, Model } from './model.js'

/** The questionnaire: a form for each page, and the word that all is complete. */
export function questionnaireView({ session }: Model, actions: Actions): TemplateResult {
  return html`
    <section class="card questionnaire" aria-labelledby="questionnaire">
      <h2 id="questionnaire">Fill it in</h2>
      <p class="quiet">Importing an answer takes a tenth of a second for each of its characters: write more to watch longer.</p>
      ${FORMS.map((form) => formView(form, session, actions))}
      <div class="row">
        <button type="button" class="strong" @click=${actions.complete}>Complete the questionnaire</button>
        ${receivedMark(session, 'questionnaireComplete')}
      </div>
    </section>
  `
}

function formView(form: Form, session: SessionState | null, { sendPage }: Actions): TemplateResult {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    sendPage(form, Object.fromEntries(new FormData(event.target as HTMLFormElement)) as Responses)
  }
  const again = session?.fired.has(form.trigger) === true
  return html`
    <form @submit=${submit} aria-labelledby="page-${form.page}">
      <h3 id="page-${form.page}">Page ${form.page}: ${form.title}</h3>
      ${form.fields.map(fieldView)}
      <div class="row">
        <button>Send page ${form.page}${again ? ' again' : ''}</button>
        ${receivedMark(session, form.trigger)}
      </div>
    </form>
  `
}

function fieldView({ name, label, hint, example, autocomplete }: Field): TemplateResult {
  const described = hint === undefined ? nothing : `hint-${name}`
  return html`
    <label>
      ${label}
      <input name=${name} value=${example} required autocomplete=${autocomplete ?? 'off'} aria-describedby=${described} />
    </label>
    ${hint === undefined ? nothing : html`<p id=${described} class="quiet">${hint}</p>`}
  `
}

function receivedMark(session: SessionState | null, trigger: string): TemplateResult | typeof nothing {
  return session?.fired.has(trigger) === true ? html`<span class="received">Received</span>` : nothing
}
