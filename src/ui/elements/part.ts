import { LitElement } from 'lit'
import { property } from 'lit/decorators.js'
import type { Labels } from '../labels/english.js'
import type { PageSession } from '../state/session.js'

/**
 * A part of an element, rendered into that element's shadow root: labels and fields, styles and `::part()` names share
 * one root.
 */
export class Part extends LitElement {
  @property({ attribute: false }) accessor session!: PageSession

  protected get labels(): Labels {
    return this.session.labels
  }

  protected override createRenderRoot(): HTMLElement {
    return this
  }

  /** Fires an event for the surrounding part. */
  protected tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}
