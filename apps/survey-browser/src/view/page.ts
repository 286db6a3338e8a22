import { html, nothing, type TemplateResult } from 'lit-html'

import type { Fault } from '../faults.js'
import type { TabsSeen } from '../tab-watch.js'
import { experimentsView } from './experiments.js'
import type { Actions, Model } from './model.js'
import { questionnaireView } from './questionnaire.js'
import { sessionView } from './session.js'

/** The whole page. Elements stay as long as what they show, so that focus and typed text survive every change. */
export function pageView(model: Model, actions: Actions): TemplateResult {
  return html`
    <header>
      <div class="title">
        <img src="./icon.svg" alt="" width="40" height="40" />
        <h1>Questionnaire</h1>
      </div>
      <p>Send its pages in any order, from any tab, even offline. It survives reloads and crashes, and no server is involved.</p>
      ${tabsView(model.tabs)}
    </header>
    <main>
      ${model.fault === null ? nothing : faultView(model.fault, actions)}
      <div class="cards">${questionnaireView(model, actions)} ${sessionView(model, actions)} ${experimentsView(model, actions)}</div>
    </main>
    <p role="status" class="notice" ?data-empty=${model.notice === ''}>${model.notice}</p>
  `
}

function tabsView({ name, sweeps, living }: TabsSeen): TemplateResult {
  return html`
    <div class="tabs">
      <span class="quiet" id="tabs">Live tabs</span>
      <ul aria-labelledby="tabs">
        ${living.map(
          (tab) => html`<li class=${tab === name ? 'here' : ''}><code>${tab}</code>${tab === name ? html` this tab${sweeps ? ', looks after lost work' : ''}` : nothing}</li>`,
        )}
      </ul>
      <a class="button" href="./" target="_blank" rel="noopener">Open another tab</a>
    </div>
  `
}

function faultView({ title, message, advice }: Fault, { dismiss }: Actions): TemplateResult {
  return html`
    <section class="fault" role="alert">
      <div>
        <h2>${title}</h2>
        <p>${advice}</p>
        <p class="quiet">${message}</p>
      </div>
      <button type="button" @click=${dismiss}>Dismiss</button>
    </section>
  `
}
