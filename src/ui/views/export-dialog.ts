import { html, nothing, type TemplateResult } from 'lit'
import { state } from 'lit/decorators.js'
import type { ExportFormat } from '../../http/client.js'
import { Dialog } from '../controls/dialog.js'
import { radioField } from '../controls/fields.js'
import { icon } from '../controls/icons.js'

/** Exports the person's integrations as a list for another client, to copy or download. */
export class ExportDialog extends Dialog {
  protected override wide = true
  @state() accessor #format: ExportFormat = 'mcp.json'
  @state() accessor #list: string | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#load(this.#format)
  }
  protected override heading(): string {
    return this.labels.exportTitle
  }
  protected override cancelLabel(): string {
    return this.labels.close
  }
  protected override submitLabel(): string {
    return this.labels.exportCopy
  }
  protected override extraButtons(): unknown {
    if (this.#list === undefined) return nothing
    return html`<button type="button" class="button quiet" part="button" @click=${this.#download}>
      ${icon('download')} ${this.labels.exportDownload}
    </button>`
  }
  protected override body(): TemplateResult {
    const { labels, uid } = this
    return html`<p class="prose">${labels.exportText}</p>
      ${radioField<ExportFormat>({
        id: `${uid}-format`,
        label: labels.exportFormat,
        value: this.#format,
        options: [
          { value: 'mcp.json', label: labels.exportCommon },
          { value: 'vscode', label: labels.exportVscode },
        ],
        change: (format) => void this.#load(format),
      })}
      <pre class="code" tabindex="0" aria-label=${labels.exportList}>${this.#list ?? labels.loading}</pre>`
  }

  protected override async submit(): Promise<void> {
    const { session, labels } = this
    if (this.#list === undefined) return
    try {
      await navigator.clipboard.writeText(this.#list)
      session.announce(labels.exportCopied, 'good')
      this.close()
    } catch {
      this.error = { message: labels.exportNotCopied }
      this.querySelector<HTMLElement>('pre')?.focus()
    }
  }

  async #load(format: ExportFormat): Promise<void> {
    this.#format = format
    await this.attempt(async () => {
      this.#list = await this.session.client.exportServers({ format })
    })
  }

  #download = (): void => {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([this.#list ?? ''], { type: 'application/json' }))
    link.download = 'mcp.json'
    link.click()
    URL.revokeObjectURL(link.href)
  }
}
