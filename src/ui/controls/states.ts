import { html, nothing, type TemplateResult } from 'lit'
import type { ShownError } from '../state/errors.js'
import type { Labels } from '../labels/english.js'
import { icon } from './icons.js'

/** A placeholder in the shape of the loading content, so that nothing jumps. */
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

/** The message of an empty list, with what to do. */
export function emptyState(
  title: string,
  more: { readonly help?: string; readonly picture?: Parameters<typeof icon>[0]; readonly button?: unknown } = {},
): TemplateResult {
  return html`<div class="card empty" part="empty">
    ${more.picture === undefined ? nothing : html`<span class="empty-picture">${icon(more.picture)}</span>`}
    <p class="strong">${title}</p>
    ${more.help === undefined ? nothing : html`<p class="muted">${more.help}</p>`} ${more.button ?? nothing}
  </div>`
}

/** The message of a failed load: what failed, why, and a button to retry. */
export function failure(labels: Labels, what: string, error: ShownError, retry: () => void): TemplateResult {
  return html`<div class="card empty" part="failure" role="alert">
    <p class="strong">${what}</p>
    <p class="muted">${error.message}</p>
    <button type="button" class="button" part="button" @click=${retry}>${labels.retry}</button>
  </div>`
}
