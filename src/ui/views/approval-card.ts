import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { property, query, state } from 'lit/decorators.js'
import { live } from 'lit/directives/live.js'
import type { Approval, ApprovalDecision, JsonObject } from '../../index.js'
import { PressGuard } from '../controls/press-guard.js'
import { editableJson, plain, shown } from '../controls/text.js'
import { Part } from '../elements/part.js'
import { shownError } from '../state/errors.js'
import { labelBadge } from './label-badge.js'

let cards = 0

/** Rules with a `why` that already mentions the change. */
const rulesOfChange: ReadonlySet<string> = new Set(['tool_new', 'tool_changed', 'tool_held'])

/** One approval: agent, server, reason and arguments, with the buttons to decide it. */
export class ApprovalCard extends Part {
  @property({ attribute: false }) accessor approval!: Approval
  /** How many equal requests wait, this one included: each is decided by itself. */
  @property({ attribute: false }) accessor equal = 1
  @state() accessor #isReady = false
  @state() accessor #busy = false
  @state() accessor #dialog: 'deny' | 'remember' | undefined
  /** The text in the editor of the arguments; `undefined`: the editor is closed. */
  @state() accessor #draft: string | undefined
  @state() accessor #draftProblem: string | undefined
  @state() accessor #edited: JsonObject | undefined
  @state() accessor #problem = ''
  @query('.outcome') accessor outcome!: HTMLElement | null
  readonly #uid = `mcp-approval-${++cards}`
  readonly #guard = new PressGuard(() => (this.#isReady = this.#guard.isReady))

  /** Restarts the wait because the card moved: a press meant for another card must not decide this one. */
  rearm(): void {
    this.#guard.rearm()
    this.#isReady = false
  }

  protected override willUpdate(_changed: PropertyValues): void {
    const { id, status, tool, integration, rule } = { ...this.approval, id: this.approval.approvalId }
    this.#guard.decides(JSON.stringify([id, status, tool, integration, rule, this.#arguments]))
    this.#isReady = this.#guard.isReady
  }

  protected override render(): TemplateResult {
    const { labels, approval, session } = this
    const { tool, integration, agentId, userId, status } = approval
    const { people, format } = session
    const forMe = people.me === undefined || userId === people.me
    const name = tool.untrusted.title ?? tool.name
    return html`<article class="card approval" part="approval" aria-labelledby="${this.#uid}-title">
      <header>
        <h3 id="${this.#uid}-title">${shown(labels.approvalHeading(name, integration.name))}</h3>
        <p class="meta">
          ${shown(labels.approvalAsks(people.agentName(agentId)))},
          ${forMe ? labels.approvalForYou : shown(labels.approvalFor(people.personName(userId)))} ·
          ${format.ago(approval.requestedAt)}${
            status === 'pending' ? ` · ${labels.approvalExpires(format.ago(approval.expiresAt))}` : nothing
          }
        </p>
        <p class="label-line">
          ${this.equal > 1 ? html`<span class="badge">${labels.approvalsEqual(this.equal)}</span>` : nothing}
          ${labelBadge(tool.label, labels)}${
            name === tool.name
              ? nothing
              : html`<span class="meta">· <span class="mono">${shown(tool.name)}</span></span>`
          }
        </p>
      </header>
      <dl class="facts">
        <div>
          <dt>${labels.approvalWhere}</dt>
          <dd>
            <span class="mono">${shown(hostOf(integration.origin))}</span>,
            ${
              integration.ownerId === people.me
                ? labels.approvalAccountYours
                : labels.approvalAccountOf(people.personName(integration.ownerId))
            }
          </dd>
        </div>
        <div>
          <dt>${labels.approvalWhy}</dt>
          <dd>${approval.why}</dd>
        </div>
        ${
          approval.risk === undefined
            ? nothing
            : html`<div>
                <dt>${labels.approvalRisk}</dt>
                <dd class="tone-warn">${shown(approval.risk)}</dd>
              </div>`
        }
      </dl>
      ${
        approval.change === undefined || approval.change.kind === 'same' || rulesOfChange.has(approval.rule)
          ? nothing
          : html`<p class="note tone-warn">${labels.approvalChanged}</p>`
      }
      ${this.#draft === undefined ? this.#shownArguments() : this.#editor(this.#draft)}
      ${
        tool.untrusted.description === undefined
          ? nothing
          : html`<details class="more">
              <summary>${labels.approvalUntrusted}</summary>
              <p class="foreign">${shown(tool.untrusted.description)}</p>
            </details>`
      }
      <p class="error" role="alert">${this.#problem}</p>
      ${status === 'pending' ? this.#buttons(forMe) : this.#outcomeLine()} ${this.#dialogs()}
    </article>`
  }

  get #arguments(): JsonObject {
    return this.#edited ?? this.approval.arguments
  }

  #shownArguments(): TemplateResult {
    const { labels } = this
    return html`<div class="arguments-head">
        <h4>${labels.approvalArguments}</h4>
        ${this.#edited === undefined && this.approval.edited !== true ? nothing : html`<span class="badge">${labels.edited}</span>`}
        <span class="grow"></span>
        ${
          this.#edited === undefined
            ? nothing
            : html`<button type="button" class="button small quiet" @click=${() => (this.#edited = undefined)}>
                ${labels.editArgumentsReset}
              </button>`
        }
        ${
          this.approval.status === 'pending'
            ? html`<button type="button" class="button small quiet" part="button" @click=${this.#edit}>
                ${labels.editArguments}
              </button>`
            : nothing
        }
      </div>
      <mcp-part-arguments .session=${this.session} .value=${this.#arguments}></mcp-part-arguments>`
  }

  #editor(draft: string): TemplateResult {
    const { labels } = this
    const id = `${this.#uid}-edit`
    return html`<div class="field">
      <label for=${id}>${labels.editArgumentsLabel}</label>
      <textarea
        id=${id}
        class="mono"
        part="field"
        rows=${Math.min(16, draft.split('\n').length + 1)}
        spellcheck="false"
        .value=${live(draft)}
        aria-invalid=${this.#draftProblem !== undefined}
        aria-describedby="${id}-problem ${id}-help"
        @input=${(event: Event) => (this.#draft = (event.target as HTMLTextAreaElement).value)}
      ></textarea>
      <p class="help" id="${id}-help">${labels.editArgumentsHelp}</p>
      <p class="problem" id="${id}-problem">${this.#draftProblem ?? nothing}</p>
      <div class="buttons">
        <button type="button" class="button small" @click=${this.#useDraft}>${labels.editArgumentsDone}</button>
        <button type="button" class="button small quiet" @click=${this.#dropDraft}>${labels.cancel}</button>
      </div>
    </div>`
  }

  #buttons(forMe: boolean): TemplateResult {
    const { labels } = this
    const waits = !this.#isReady || this.#busy || this.#draft !== undefined
    return html`<footer class="buttons" part="approval-buttons">
      <button
        type="button"
        class="button primary"
        part="button primary"
        aria-disabled=${waits}
        @click=${(event: Event) => this.#guarded(event, () => void this.#decide(this.#approval()))}
      >
        ${this.#edited === undefined ? labels.allowOnce : labels.allowEdited}
      </button>
      ${
        forMe && this.#edited === undefined
          ? html`<button
              type="button"
              class="button"
              part="button"
              aria-disabled=${waits}
              @click=${(event: Event) => this.#guarded(event, () => (this.#dialog = 'remember'))}
            >
              ${labels.allowRemember}
            </button>`
          : nothing
      }
      <span class="grow"></span>
      <button
        type="button"
        class="button"
        part="button"
        aria-disabled=${waits}
        @click=${(event: Event) => this.#guarded(event, () => (this.#dialog = 'deny'))}
      >
        ${labels.deny}
      </button>
    </footer>`
  }

  #outcomeLine(): TemplateResult {
    const { labels, approval, session } = this
    const { status, decidedBy, decidedAt, reason } = approval
    const tone = status === 'denied' || status === 'unknown' ? 'bad' : isAllowed(status) ? 'good' : 'plain'
    const by =
      decidedBy === undefined || decidedBy === 'confirm' || decidedBy.startsWith('grant:')
        ? undefined
        : decidedBy === session.people.me
          ? labels.byYou
          : labels.by(session.people.personName(decidedBy))
    return html`<footer class="outcome" tabindex="-1" part="outcome">
      <p class="status tone-${tone}"><span class="dot" aria-hidden="true"></span>${labels.approvalStatuses[status]}</p>
      <p class="meta">
        ${[...(by === undefined ? [] : [by]), ...(decidedAt === undefined ? [] : [session.format.ago(decidedAt)])].join(' · ')}
      </p>
      ${reason === undefined ? nothing : html`<p class="meta">${shown(labels.reasonGiven(reason))}</p>`}
    </footer>`
  }

  #dialogs(): TemplateResult | typeof nothing {
    const { session, approval } = this
    const done = (): void => (this.#dialog = undefined)
    if (this.#dialog === 'deny')
      return html`<mcp-part-deny
        .session=${session}
        .decide=${(decision: ApprovalDecision) => this.#decide(decision)}
        @done=${done}
      ></mcp-part-deny>`
    if (this.#dialog === 'remember')
      return html`<mcp-part-remember
        .session=${session}
        .approval=${approval}
        .decide=${(decision: ApprovalDecision) => this.#decide(decision)}
        @done=${done}
      ></mcp-part-remember>`
    return nothing
  }

  #guarded(event: Event, act: () => void): void {
    if (this.#busy || this.#draft !== undefined) return
    if (this.#guard.permits(event)) act()
    else if (event.isTrusted) this.session.announce(this.labels.waitAMoment)
  }

  #approval(): ApprovalDecision {
    return this.#edited === undefined ? 'approve' : { decision: 'approve', args: this.#edited }
  }

  async #decide(decision: ApprovalDecision): Promise<void> {
    const { session, labels, approval } = this
    this.#busy = true
    this.#problem = ''
    try {
      const decided = await session.client.approvals.decide(approval.approvalId, decision)
      this.tell('decided', decided)
      const tool = plain(approval.tool.untrusted.title ?? approval.tool.name)
      session.announce(decided.status === 'denied' ? labels.decidedDenied(tool) : labels.decidedAllowed(tool), 'good')
      // Focus stays in this card, and never moves to the buttons of the next.
      await new Promise((resolve) => setTimeout(resolve))
      this.outcome?.focus()
    } catch (error) {
      const failure = shownError(error, labels)
      this.#problem =
        failure.code === 'conflict'
          ? labels.decidedElsewhere
          : failure.code === 'invalid_input'
            ? [labels.editRefused, ...(failure.fields ?? []).map(({ path, message }) => `${path}: ${message}`)].join(
                ' ',
              )
            : failure.message
      if (failure.code === 'conflict' || failure.code === 'not_found') this.tell('stale')
    } finally {
      this.#busy = false
    }
  }

  #edit = async (): Promise<void> => {
    this.#draft = editableJson(this.#arguments)
    await this.updateComplete
    this.querySelector('textarea')?.focus()
  }

  #useDraft = (): void => {
    const parsed = parseObject(this.#draft ?? '')
    if (parsed === undefined) {
      this.#draftProblem = this.labels.editArgumentsInvalid
      this.querySelector('textarea')?.focus()
      return
    }
    const changed = JSON.stringify(parsed) !== JSON.stringify(this.approval.arguments)
    this.#edited = changed ? parsed : undefined
    void this.#dropDraft()
  }

  #dropDraft = async (): Promise<void> => {
    this.#draft = undefined
    this.#draftProblem = undefined
    await this.updateComplete
    this.querySelector<HTMLElement>('.arguments-head button:last-of-type')?.focus()
  }
}

function isAllowed(status: Approval['status']): boolean {
  return status === 'approved' || status === 'dispatched' || status === 'finished'
}

function hostOf(origin: string): string {
  return origin.replace(/^https:\/\//, '')
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}
