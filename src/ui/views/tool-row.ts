import { html, nothing, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { ApprovalMode, Integration, ToolLabelValue, ToolSettings } from '../../index.js'
import { checkboxField, select, selectField, toggle } from '../controls/fields.js'
import { icon } from '../controls/icons.js'
import { plain, shown } from '../controls/text.js'
import { Part } from '../elements/part.js'
import type { SeenTool } from '../state/client.js'
import { labelBadge } from './label-badge.js'
import { modes } from './modes.js'
import { may } from './permissions.js'
import { toolParameters } from './tool-parameters.js'

let rows = 0

/** A tool: label, switch, approval mode and its effect; the details when opened. */
export class ToolRow extends Part {
  @property({ attribute: false }) accessor tool!: SeenTool
  @property({ attribute: false }) accessor integration!: Integration
  @property({ attribute: false }) accessor configure!: (
    tool: SeenTool,
    settings: ToolSettings,
    outcome: string,
  ) => Promise<void>
  @state() accessor #isOpen = false
  readonly #uid = `mcp-tool-${++rows}`

  protected override render(): TemplateResult {
    const { labels, tool } = this
    const { enabled, approval, change } = tool
    const title = plain(tool.title ?? tool.name)
    const locked = !may(this.integration, 'configure_tools')
    return html`
      <div class="tool-row ${enabled ? '' : 'is-off'}" part="tool">
        <div class="tool-name">
          <div class="name-line">
            <button
              type="button"
              class="disclosure"
              aria-expanded=${this.#isOpen}
              aria-controls=${this.#uid}
              @click=${() => (this.#isOpen = !this.#isOpen)}
            >
              ${icon('down')}<span class="strong">${shown(tool.title ?? tool.name)}</span>
            </button>
            ${
              change === undefined || change.kind === 'same'
                ? nothing
                : html`<span
                    class="badge tone-${change.kind === 'cosmetic' || change.kind === 'narrowed' ? 'plain' : 'bad'}"
                    >${labels.changeKinds[change.kind]}</span
                  >`
            }
          </div>
          ${tool.title === undefined || tool.title === tool.name ? nothing : html`<p class="meta mono">${shown(tool.name)}</p>`}
        </div>
        <div class="tool-label">${labelBadge(tool.label, labels)}</div>
        <div class="tool-switch">
          ${toggle({
            name: labels.enabledFor(title),
            checked: enabled,
            disabled: locked,
            change: (checked) =>
              void this.configure(tool, { enabled: checked }, checked ? labels.toolOn(title) : labels.toolOff(title)),
          })}
        </div>
        <div class="tool-mode">
          ${select<ApprovalMode>({
            name: labels.modeFor(title),
            value: approval.mode,
            disabled: locked,
            options: modes(labels),
            change: (mode) =>
              void this.configure(
                tool,
                { approval: mode },
                labels.toolMode(title, modes(labels).find(({ value }) => value === mode)!.label),
              ),
          })}
          <p class="meta effect">${enabled ? this.#effect() : labels.statusOff}</p>
        </div>
      </div>
      <div id=${this.#uid} class="tool-details" ?hidden=${!this.#isOpen}>
        ${this.#isOpen ? this.#details() : nothing}
      </div>
    `
  }

  /** The mode's effect, and the rule that decides. */
  #effect(): TemplateResult {
    const { labels, tool } = this
    const { resolved, rule } = tool.approval
    const why = rule.startsWith('policy:') ? labels.rulePolicy(plain(rule.slice(7))) : (labels.rules[rule] ?? rule)
    return html`<span class="effect-${resolved}">${labels.resolved[resolved]}</span>: ${why}`
  }

  #details(): TemplateResult {
    const { labels, tool, integration, session } = this
    const title = plain(tool.title ?? tool.name)
    const given = tool.label?.source === 'person' ? tool.label.value : 'found'
    return html`
      <div>
        <p class="term">${labels.description}</p>
        <p class="foreign">${tool.description ? shown(tool.description) : labels.noDescription}</p>
        <p class="term">${labels.parameters}</p>
        ${toolParameters(tool.inputSchema, labels)}
        <p class="meta">${labels.modelName}: <span class="mono">${tool.modelName}</span></p>
      </div>
      ${
        may(integration, 'configure_tools')
          ? html`<div class="tool-settings">
              ${selectField<ToolLabelValue | 'found'>({
                id: `${this.#uid}-label`,
                label: labels.labelSetting,
                help: labels.labelSettingHelp,
                value: given,
                options: [
                  { value: 'found', label: labels.labelSettingDefault },
                  { value: 'read', label: labels.labelRead },
                  { value: 'write', label: labels.labelWrite },
                ],
                change: (value) =>
                  void this.configure(tool, { label: value === 'found' ? null : value }, labels.toolSaved(title)),
              })}
              ${
                integration.agents.length < 2
                  ? nothing
                  : checkboxField({
                      id: `${this.#uid}-agents`,
                      label: labels.toolAgents,
                      help: labels.toolAgentsHelp,
                      values: tool.agents ?? integration.agents,
                      options: integration.agents.map((id) => ({ value: id, label: session.people.agentName(id) })),
                      change: (values) => void this.#narrow(values),
                    })
              }
            </div>`
          : nothing
      }
    `
  }

  async #narrow(agents: readonly string[]): Promise<void> {
    const { labels, tool, integration, session } = this
    if (agents.length === 0) {
      session.announce(labels.agentsNone, 'bad')
      return this.requestUpdate()
    }
    const all = agents.length === integration.agents.length
    await this.configure(tool, { agents: all ? null : agents }, labels.toolSaved(plain(tool.title ?? tool.name)))
  }
}
