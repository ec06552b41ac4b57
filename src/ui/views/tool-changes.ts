import { html, nothing, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { JsonValue, ToolDifference } from '../../index.js'
import { plain, shown } from '../controls/text.js'
import { PressGuard } from '../controls/press-guard.js'
import { Part } from '../elements/part.js'
import type { SeenTool } from '../state/client.js'
import { shownError } from '../state/errors.js'
import type { Labels } from '../labels/english.js'
import { labelBadge } from './label-badge.js'
import { toolParameters } from './tool-parameters.js'

/** Tools that are new or changed, each with its difference. Only the version on the screen is accepted, none newer. */
export class ToolChanges extends Part {
  @property({ attribute: false }) accessor integrationId = ''
  @property({ attribute: false }) accessor tools: readonly SeenTool[] = []
  @property({ attribute: false }) accessor mayAccept = false
  @state() accessor #busy = false
  readonly #guard = new PressGuard(() => this.requestUpdate())
  /** Tools that changed again after they were shown. */
  @state() accessor #stale: ReadonlySet<string> = new Set()

  protected override render(): TemplateResult {
    const { labels, mayAccept } = this
    const waiting = this.tools.filter(isToReview)
    this.#guard.decides(waiting.map(({ definitionHash }) => definitionHash).join())
    return html`<section aria-labelledby="changes" class="changes">
      <div class="section-head">
        <h2 id="changes" tabindex="-1">${labels.changesTitle(waiting.length)}</h2>
        <span class="grow"></span>
        ${
          mayAccept && waiting.length > 1
            ? html`<button
                type="button"
                class="button small"
                part="button"
                aria-disabled=${this.#busy || !this.#guard.isReady}
                @click=${(event: Event) => this.#guarded(event, waiting)}
              >
                ${labels.acceptAll}
              </button>`
            : nothing
        }
      </div>
      <p class="muted">${labels.changesText}</p>
      <ul class="card rows" role="list" part="changes">
        ${waiting.map((tool) => this.#change(tool))}
      </ul>
    </section>`
  }

  #change(tool: SeenTool): TemplateResult {
    const { labels, mayAccept } = this
    const { kind, from, differences } = tool.change!
    const title = plain(tool.title ?? tool.name)
    return html`<li class="change">
      <div class="change-head">
        <p class="name-line">
          <span class="strong">${shown(tool.title ?? tool.name)}</span>
          <span class="badge tone-${isTighter(kind) ? 'plain' : 'bad'}">${labels.changeKinds[kind]}</span>
          ${from === undefined ? nothing : html`<span class="meta">${labels.renamedFrom(plain(from))}</span>`}
        </p>
        ${
          mayAccept
            ? html`<span class="buttons">
                <button
                  type="button"
                  class="button small"
                  part="button"
                  aria-disabled=${this.#busy || !this.#guard.isReady}
                  aria-label="${labels.acceptAndOff}: ${title}"
                  @click=${(event: Event) => this.#guarded(event, [tool], true)}
                >
                  ${labels.acceptAndOff}
                </button>
                <button
                  type="button"
                  class="button small accent"
                  part="button primary"
                  aria-disabled=${this.#busy || !this.#guard.isReady}
                  aria-label="${labels.accept}: ${title}"
                  @click=${(event: Event) => this.#guarded(event, [tool])}
                >
                  ${labels.accept}
                </button>
              </span>`
            : nothing
        }
      </div>
      <p class="note tone-warn" role="status">${this.#stale.has(tool.name) ? labels.acceptStale : nothing}</p>
      ${
        differences.length === 0
          ? this.#offer(tool)
          : html`<div class="differences">${differences.map((difference) => this.#difference(difference))}</div>`
      }
    </li>`
  }

  /** A new tool has no difference, so its whole definition is shown. */
  #offer({ description, inputSchema, label }: SeenTool): TemplateResult {
    const { labels } = this
    return html`<p class="muted">${labels.changeNew}</p>
      <p class="label-line">${labelBadge(label, labels)}</p>
      <p class="foreign">${description ? shown(description) : labels.noDescription}</p>
      <div>${toolParameters(inputSchema, labels)}</div>`
  }

  #difference({ path, before, after }: ToolDifference): TemplateResult {
    const { labels } = this
    return html`<div class="difference">
      <p class="meta">${shown(placeOf(path, labels))}</p>
      <div class="side before"><span class="side-name">${labels.before}</span>${this.#value(before)}</div>
      <div class="side after"><span class="side-name">${labels.after}</span>${this.#value(after)}</div>
    </div>`
  }

  #value(value: JsonValue | undefined): TemplateResult {
    if (value === undefined) return html`<span class="muted">${this.labels.absent}</span>`
    return html`<span class="mono">${shown(typeof value === 'string' ? value : JSON.stringify(value, null, 2))}</span>`
  }

  /** Ignores a press right after the shown difference changed. */
  #guarded(event: Event, tools: readonly SeenTool[], turnOff = false): void {
    if (this.#guard.permits(event)) void this.#accept(tools, turnOff)
    else if (event.isTrusted) this.session.announce(this.labels.waitAMoment)
  }

  async #accept(tools: readonly SeenTool[], turnOff = false): Promise<void> {
    const { labels, session, integrationId } = this
    if (this.#busy) return
    this.#busy = true
    try {
      const seen = Object.fromEntries(tools.map(({ name, definitionHash }) => [name, definitionHash]))
      if (turnOff)
        await session.client.configureTools(
          integrationId,
          Object.fromEntries(tools.map(({ name }) => [name, { enabled: false }])),
        )
      await session.client.acceptTools(integrationId, seen)
      const [first] = tools
      session.announce(
        tools.length === 1 ? labels.accepted(plain(first!.title ?? first!.name)) : labels.acceptedMany(tools.length),
        'good',
      )
      this.#stale = new Set()
    } catch (error) {
      const failure = shownError(error, labels)
      if (failure.code === 'conflict') this.#stale = new Set(tools.map(({ name }) => name))
      session.announce(failure.code === 'conflict' ? labels.acceptStale : failure.message, 'bad')
    } finally {
      this.#busy = false
    }
    this.tell('changed')
  }
}

/** `/inputSchema/properties/force/type` → `Parameter force · type`. */
function placeOf(path: string, labels: Labels): string {
  const [field = '', ...below] = path.slice(1).split('/')
  const [schema, name, ...inner] = below
  const isMember = schema === 'properties' && name !== undefined
  const memberIn = { inputSchema: labels.changedParameter, outputSchema: labels.changedResult }[field]
  const [place, rest] =
    isMember && memberIn !== undefined
      ? [memberIn(name.replaceAll('~1', '/').replaceAll('~0', '~')), inner]
      : [labels.changedParts[field] ?? field, below]
  return rest.length === 0 ? place : `${place} · ${rest.join('/')}`
}

/** Whether a person has to review a tool before it is accepted. */
export function isToReview({ change }: SeenTool): boolean {
  return change !== undefined && change.kind !== 'same' && change.kind !== 'missing'
}

function isTighter(kind: string): boolean {
  return kind === 'cosmetic' || kind === 'narrowed'
}
