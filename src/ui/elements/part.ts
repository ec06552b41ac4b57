import { LitElement } from 'lit'
import { property } from 'lit/decorators.js'
import type { Labels } from '../labels/english.js'
import type { PageSession } from '../state/session.js'

/**
 * A part of an element, drawn into the shadow root of the element that it belongs to: labels and fields, styles and
 * `::part()` names are all in one root.
 */
export class Part extends LitElement {
  @property({ attribute: false }) accessor session!: PageSession

  protected get labels(): Labels {
    return this.session.labels
  }

  protected override createRenderRoot(): HTMLElement {
    return this
  }

  /** Tells the part around it. */
  protected tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}
