import { html, nothing, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js'
import type { Integration, ToolSettings } from '../../index.js'
import { searchField, select } from '../controls/fields.js'
import { icon } from '../controls/icons.js'
import { emptyState, failure, skeleton } from '../controls/states.js'
import { shown } from '../controls/text.js'
import { Part } from '../elements/part.js'
import type { SeenTool, Tools } from '../state/client.js'
import { Resource } from '../state/resource.js'
import { reported } from './integration-verbs.js'
import { may } from './permissions.js'
import { isToReview } from './tool-changes.js'

type Shown = 'all' | 'read' | 'write' | 'unlabelled' | 'off' | 'changed'

/** The filters of {@link ToolList}. */
const toolFilters: Readonly<Record<Shown, (tool: SeenTool) => boolean>> = {
  all: () => true,
  read: ({ label }) => label?.value === 'read',
  write: ({ label }) => label?.value === 'write',
  unlabelled: ({ label }) => label === undefined,
  off: ({ enabled }) => !enabled,
  changed: isToReview,
}

/** Every tool of an integration, with its settings. */
export class ToolList extends Part {
  @property({ attribute: false }) accessor integration!: Integration
  @state() accessor #search = ''
  @state() accessor #shown: Shown = 'all'
  @state() accessor #isBulk = false
  @state() accessor #busy = false
  #changes: Promise<void> = Promise.resolve()

  readonly #tools = new Resource(
    this,
    () => this.session.client.tools(this.integration.id),
    ({ type, integrationId }) =>
      integrationId === this.integration.id &&
      (type.startsWith('tools_') || type === 'integration_updated' || type === 'integration_status_changed'),
  )

  protected override render(): TemplateResult {
    const { labels, session, integration } = this
    const { value, error } = this.#tools
    if (value === undefined)
      return error === undefined
        ? skeleton(labels.loading, 5)
        : failure(labels, labels.loadFailed(labels.toolsTitle), error, () => void this.#tools.reload())
    const found = this.#found(value)
    return html`
      ${
        value.tools.some(isToReview)
          ? html`<mcp-part-changes
              .session=${session}
              .integrationId=${integration.id}
              .tools=${value.tools}
              .mayAccept=${may(integration, 'accept_tools')}
              @changed=${() => void this.#tools.reload()}
            ></mcp-part-changes>`
          : nothing
      }
      <section aria-labelledby="tools">
        <div class="section-head">
          <h2 id="tools" tabindex="-1">${labels.toolsTitle}</h2>
          <span class="meta">
            ${labels.toolCount(value.tools.length)}${
              value.listedAt === undefined ? nothing : html` · ${labels.listed(session.format.ago(value.listedAt))}`
            }
          </span>
          <span class="grow"></span>
          ${this.#buttons(value)}
        </div>
        ${value.tools.length === 0 ? nothing : this.#filters()}
        ${
          value.tools.length === 0
            ? emptyState(labels.noTools, {
                help: value.listedAt === undefined ? labels.noToolsYet : labels.noToolsHelp,
              })
            : found.length === 0
              ? emptyState(labels.nothingFound)
              : html`<div class="card" part="tools">
                  <div class="tool-row tool-head" aria-hidden="true">
                    <span>${labels.toolColumn}</span><span>${labels.labelColumn}</span>
                    <span>${labels.enabledColumn}</span><span>${labels.approvalColumn}</span>
                  </div>
                  <ul class="rows" role="list">
                    ${repeat(
                      found,
                      ({ name }) => name,
                      (tool) =>
                        html`<li>
                          <mcp-part-tool
                            .session=${session}
                            .tool=${tool}
                            .integration=${integration}
                            .configure=${this.#configure}
                          ></mcp-part-tool>
                        </li>`,
                    )}
                  </ul>
                </div>`
        }
        ${this.#leftOut(value)}
      </section>
      ${
        this.#isBulk
          ? html`<mcp-part-bulk
              .session=${session}
              .integrationId=${integration.id}
              .overview=${value}
              .shown=${found}
              @done=${() => (this.#isBulk = false)}
              @changed=${() => void this.#tools.reload()}
            ></mcp-part-bulk>`
          : nothing
      }
    `
  }

  #found({ tools }: Tools): readonly SeenTool[] {
    const wanted = this.#search.trim().toLocaleLowerCase()
    return tools.filter(
      (tool) =>
        toolFilters[this.#shown](tool) &&
        (wanted === '' || `${tool.name} ${tool.title ?? ''}`.toLocaleLowerCase().includes(wanted)),
    )
  }

  #buttons({ tools }: Tools): TemplateResult {
    const { labels, integration } = this
    return html`${
      may(integration, 'validate')
        ? html`<button
            type="button"
            class="button small quiet"
            part="button"
            aria-disabled=${this.#busy}
            @click=${this.#refresh}
          >
            ${icon('refresh')} ${labels.refreshTools}
          </button>`
        : nothing
    }
    ${
      tools.length > 0 && may(integration, 'configure_tools')
        ? html`<button type="button" class="button small" part="button" @click=${() => (this.#isBulk = true)}>
            ${labels.bulk}
          </button>`
        : nothing
    }`
  }

  #filters(): TemplateResult {
    const { labels } = this
    return html`<div class="filters">
      ${searchField({ name: labels.findTool, value: this.#search, grows: true, input: (text) => (this.#search = text) })}
      ${select<Shown>({
        name: labels.showTools,
        value: this.#shown,
        options: [
          { value: 'all', label: labels.showAll },
          { value: 'read', label: labels.showRead },
          { value: 'write', label: labels.showWrite },
          { value: 'unlabelled', label: labels.showUnlabelled },
          { value: 'changed', label: labels.showChanged },
          { value: 'off', label: labels.showOff },
        ],
        change: (value) => (this.#shown = value),
      })}
    </div>`
  }

  /** Tools that no agent can call, with the reason. */
  #leftOut({ missing, quarantined }: Tools): TemplateResult {
    const { labels } = this
    const list = (title: string, help: string, lines: readonly TemplateResult[]): TemplateResult | typeof nothing =>
      lines.length === 0
        ? nothing
        : html`<details class="more left-out">
            <summary>${title} <span class="meta">${lines.length}</span></summary>
            <p class="muted">${help}</p>
            <ul class="plain-list">
              ${lines}
            </ul>
          </details>`
    return html`${list(
      labels.missingTools,
      labels.missingToolsHelp,
      missing.map((name) => html`<li class="mono">${shown(name)}</li>`),
    )}${list(
      labels.quarantined,
      labels.quarantinedHelp,
      quarantined.map(
        ({ name, reason }) =>
          html`<li><span class="mono">${shown(name)}</span>: ${labels.quarantineReasons[reason] ?? reason}</li>`,
      ),
    )}`
  }

  /** Changes run one after the other, so each names the revision that the one before produced. */
  #configure = (tool: SeenTool, settings: ToolSettings, outcome: string): Promise<void> => {
    const { session, integration } = this
    this.#changes = this.#changes.then(async () => {
      const ifRevision = this.#tools.value?.revision
      await reported(session, async () => {
        await session.client.configureTools(integration.id, { [tool.name]: settings }, { ifRevision })
        session.announce(outcome, 'good')
      })
      await this.#tools.reload()
    })
    return this.#changes
  }

  #refresh = async (): Promise<void> => {
    const { session, labels, integration } = this
    if (this.#busy) return
    this.#busy = true
    const tools = await reported(session, () => session.client.refreshTools(integration.id))
    this.#busy = false
    if (tools === undefined) return
    this.#tools.set(tools)
    session.announce(labels.refreshed(tools.tools.length), 'good')
  }
}
