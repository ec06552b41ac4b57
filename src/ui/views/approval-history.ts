import { html, nothing, type TemplateResult } from 'lit'
import { state } from 'lit/decorators.js'
import { plain } from '../controls/text.js'
import { Part } from '../elements/part.js'

/** Standing approvals and recent calls, below the inbox. Loaded when first shown. */
export class ApprovalHistory extends Part {
  @state() accessor #names: ReadonlyMap<string, string> | undefined
  readonly #observer = new IntersectionObserver(([entry]) => {
    if (entry?.isIntersecting !== true) return
    this.#observer.disconnect()
    void this.#load()
  })

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.#names === undefined) this.#observer.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#observer.disconnect()
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.#names === undefined) return nothing
    return html`<mcp-part-grants .session=${this.session} .names=${this.#names}></mcp-part-grants>
      <mcp-part-calls .session=${this.session} .names=${this.#names}></mcp-part-calls>`
  }

  async #load(): Promise<void> {
    // Without the names, the tool names alone are shown.
    const integrations = await this.session.client.list().catch(() => [])
    this.#names = new Map(integrations.map(({ id, name }) => [id, plain(name)]))
  }
}
