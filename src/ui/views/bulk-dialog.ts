import { html, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { ApprovalMode, ToolSettings } from '../../index.js'
import { Dialog } from '../controls/dialog.js'
import { radioField, selectField } from '../controls/fields.js'
import type { SeenTool, Tools } from '../state/client.js'
import { modes } from './modes.js'

type Which = 'all' | 'write' | 'read' | 'unlabelled' | 'shown'

/** Changes many tools in one commit, and shows their number first. */
export class BulkDialog extends Dialog {
  @property({ attribute: false }) accessor integrationId = ''
  @property({ attribute: false }) accessor overview!: Tools
  @property({ attribute: false }) accessor shown: readonly SeenTool[] = []
  /** The tools as the dialog opened them: the numbers count these. */
  #seen!: Tools
  @state() accessor #which: Which = 'write'
  @state() accessor #mode: ApprovalMode | 'keep' = 'ask'
  @state() accessor #enabled: 'keep' | 'on' | 'off' = 'keep'

  override connectedCallback(): void {
    super.connectedCallback()
    this.#seen = this.overview
    const kinds: readonly Which[] = ['write', 'unlabelled', 'read']
    this.#which = kinds.find((which) => this.#tools(which).length > 0) ?? 'all'
  }
  protected override heading(): string {
    return this.labels.bulkTitle
  }
  protected override submitLabel(): string {
    return this.labels.bulkApply
  }

  protected override body(): TemplateResult {
    const { labels, uid } = this
    const option = (value: Which, label: string): { readonly value: Which; readonly label: string } => ({
      value,
      label: `${label} (${this.#tools(value).length})`,
    })
    const chosen = this.#tools(this.#which)
    const now = modes(labels).flatMap(({ value, label }) => {
      const count = chosen.filter(({ approval }) => approval.mode === value).length
      return count === 0 ? [] : [`${label} ${count}`]
    })
    return html`
      ${radioField<Which>({
        id: `${uid}-which`,
        label: labels.bulkWhich,
        value: this.#which,
        options: [
          option('write', labels.showWrite),
          option('read', labels.showRead),
          option('unlabelled', labels.showUnlabelled),
          ...(this.shown.length === this.#seen.tools.length ? [] : [option('shown', labels.bulkShown)]),
          option('all', labels.showAll),
        ],
        change: (value) => (this.#which = value),
      })}
      ${selectField<ApprovalMode | 'keep'>({
        id: `${uid}-mode`,
        label: labels.bulkMode,
        help: now.length === 0 ? undefined : labels.bulkMixed(now.join(', ')),
        value: this.#mode,
        options: [{ value: 'keep', label: labels.bulkKeep }, ...modes(labels)],
        change: (value) => (this.#mode = value),
      })}
      ${selectField<'keep' | 'on' | 'off'>({
        id: `${uid}-enabled`,
        label: labels.bulkEnabled,
        value: this.#enabled,
        options: [
          { value: 'keep', label: labels.bulkKeep },
          { value: 'on', label: labels.bulkOn },
          { value: 'off', label: labels.bulkOff },
        ],
        change: (value) => (this.#enabled = value),
      })}
      <p class="strong" role="status">${labels.bulkCount(this.#affected().length)}</p>
    `
  }

  protected override async submit(): Promise<void> {
    const { session, labels, integrationId } = this
    const affected = this.#affected()
    if (affected.length > 0) {
      const settings: ToolSettings = {
        approval: this.#mode === 'keep' ? undefined : this.#mode,
        enabled: this.#enabled === 'keep' ? undefined : this.#enabled === 'on',
      }
      await session.client.configureTools(
        integrationId,
        Object.fromEntries(affected.map(({ name }) => [name, settings])),
        { ifRevision: this.#seen.revision },
      )
      this.tell('changed')
    }
    this.close()
    session.announce(labels.bulkDone(affected.length), 'good')
  }

  #tools(which: Which): readonly SeenTool[] {
    if (which === 'shown') return this.shown
    return this.#seen.tools.filter(
      ({ label }) => which === 'all' || (which === 'unlabelled' ? label === undefined : label?.value === which),
    )
  }

  #affected(): readonly SeenTool[] {
    return this.#tools(this.#which).filter(
      ({ approval, enabled }) =>
        (this.#mode !== 'keep' && approval.mode !== this.#mode) ||
        (this.#enabled !== 'keep' && enabled !== (this.#enabled === 'on')),
    )
  }
}
