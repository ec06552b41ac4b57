import { html, nothing, type TemplateResult } from 'lit'
import type { Fault } from '../state/faults.js'
import type { Labels } from '../state/labels.js'

/** The shape of what is being loaded, so that nothing jumps when it comes. */
export function skeleton(label: string, rows: number): TemplateResult {
  return html`<div class="card rows skeleton" role="status" aria-label=${label}>
    ${Array.from(
      { length: rows },
      () =>
        html`<div class="row" aria-hidden="true">
          <span class="bone avatar"></span>
          <span class="row-name"><span class="bone"></span><span class="bone short"></span></span>
          <span class="row-status"><span class="bone short"></span></span>
        </div>`,
    )}
  </div>`
}

/** Nothing is there, and what to do about it. */
export function emptyState(title: string, help?: string): TemplateResult {
  return html`<div class="card empty" part="empty">
    <p class="strong">${title}</p>
    ${help === undefined ? nothing : html`<p class="muted">${help}</p>`}
  </div>`
}

/** Something could not be loaded: what, why, and a way on. */
export function failure(labels: Labels, what: string, fault: Fault, retry: () => void): TemplateResult {
  return html`<div class="card empty" part="failure" role="alert">
    <p class="strong">${what}</p>
    <p class="muted">${fault.message}</p>
    <button type="button" class="button" part="button" @click=${retry}>${labels.retry}</button>
  </div>`
}
