import { html, nothing, type TemplateResult } from 'lit-html'

import type { Actions, Model } from './model.js'

/** What can go wrong, to be tried out, and what can be done with the whole session. */
export function experimentsView({ session, kept, unknownBrowser }: Model, actions: Actions): TemplateResult {
  const offline = session?.online === false
  return html`
    <section class="card experiments" aria-labelledby="experiments">
      <h2 id="experiments">Try to break it</h2>
      ${switchView({ on: offline, label: 'Offline', hint: 'All tabs are cut off from the server: submitting fails, and is replayed when the network is back.' }, () => actions.setOnline(offline))}
      ${switchView({ on: unknownBrowser, label: 'Unknown browser', hint: 'Pages sent from this tab name an unknown browser: looking it up fails.' }, () => actions.setUnknownBrowser(!unknownBrowser))}
      ${deedView('Embed', 'Says that the questionnaire is part of an app: then the browser is not looked up.', actions.embed)}
      ${deedView('Crash this tab', 'Really crashes it; try it while a task is running. Another tab takes over within two seconds; if there is none, the work goes on when you reload.', actions.crash, 'danger')}
      <h3>The whole session</h3>
      ${kept === null ? nothing : html`<p class="quiet">${kept ? 'This browser has promised to keep it until you clear it.' : 'This browser may clear it when it runs out of room: save it if you need it.'}</p>`}
      ${deedView('Start over', 'Forgets the session, in all tabs.', actions.startAnew, 'danger')}
      ${deedView('Save to a file', 'As JSON, to load in another browser or import on a server.', actions.save)}
      <div class="deed">
        <label class="button">Load a file<input class="unseen" type="file" accept="application/json,.json" aria-describedby="hint-load" @change=${picked(actions)} /></label>
        <p id="hint-load" class="quiet">Replaces this session, in all tabs. Tasks that were running run again.</p>
      </div>
    </section>
  `
}

interface Switch {
  readonly on: boolean
  readonly label: string
  readonly hint: string
}

function switchView({ on, label, hint }: Switch, toggle: () => void): TemplateResult {
  const id = idOf(label)
  return html`
    <div class="deed">
      <button type="button" role="switch" aria-checked=${on} aria-describedby=${id} @click=${toggle}>${label}</button>
      <p id=${id} class="quiet">${hint}</p>
    </div>
  `
}

function deedView(label: string, hint: string, act: () => void, kind = ''): TemplateResult {
  const id = idOf(label)
  return html`
    <div class="deed">
      <button type="button" class=${kind} aria-describedby=${id} @click=${act}>${label}</button>
      <p id=${id} class="quiet">${hint}</p>
    </div>
  `
}

function idOf(label: string): string {
  return `hint-${label.toLowerCase().replaceAll(' ', '-')}`
}

function picked({ load }: Actions): (event: Event) => void {
  return ({ target }) => {
    const input = target as HTMLInputElement
    const [file] = input.files ?? []
    if (file !== undefined) load(file)
    // So that the same file can be picked again.
    input.value = ''
  }
}
