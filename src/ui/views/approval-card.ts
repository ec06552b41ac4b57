import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { property, query, state } from 'lit/decorators.js'
import type { Approval, ApprovalDecision, JsonObject } from '../../index.js'
import { PressGuard } from '../controls/press-guard.js'
import { plain, shown } from '../controls/text.js'
import { Part } from '../elements/part.js'
import { shownError } from '../state/errors.js'
import { approvalFacts, outcomeOf } from './approval-facts.js'

let cards = 0

/** One approval: agent, server, reason and arguments, with the buttons to decide it. */
export class ApprovalCard extends Part {
  @property({ attribute: false }) accessor approval!: Approval
  /** How many equal requests wait, this one included: each is decided by itself. */
  @property({ attribute: false }) accessor equal = 1
  @state() accessor #isReady = false
  @state() accessor #busy = false
  @state() accessor #dialog: 'deny' | 'remember' | undefined
  @state() accessor #isEditing = false
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
    const { approval, session } = this
    const forMe = approval.userId === session.people.me
    const { description } = approval.tool.untrusted
    return html`<article class="card approval" part="approval" aria-labelledby="${this.#uid}-title">
      ${approvalFacts(approval, { session, titleId: `${this.#uid}-title`, equal: this.equal })}
      ${this.#isEditing ? this.#editor() : this.#shownArguments()}
      ${
        description === undefined
          ? nothing
          : html`<details class="more">
              <summary>${this.labels.approvalUntrusted}</summary>
              <p class="foreign">${shown(description)}</p>
            </details>`
      }
      <p class="error" role="alert">${this.#problem}</p>
      ${approval.status === 'pending' ? this.#buttons(forMe) : this.#outcome()} ${this.#dialogs()}
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
            ? html`<button
                type="button"
                class="button small quiet"
                part="button"
                @click=${() => (this.#isEditing = true)}
              >
                ${labels.editArguments}
              </button>`
            : nothing
        }
      </div>
      <mcp-part-arguments .session=${this.session} .value=${this.#arguments}></mcp-part-arguments>`
  }

  #editor(): TemplateResult {
    return html`<mcp-part-arguments-editor
      .session=${this.session}
      .uid="${this.#uid}-edit"
      .value=${this.#arguments}
      @edited=${({ detail }: CustomEvent<JsonObject>) => this.#useEdited(detail)}
      @dropped=${() => void this.#closeEditor()}
    ></mcp-part-arguments-editor>`
  }

  #buttons(forMe: boolean): TemplateResult {
    const { labels } = this
    const waits = !this.#isReady || this.#busy || this.#isEditing
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

  #outcome(): TemplateResult {
    return html`<footer class="outcome" tabindex="-1" part="outcome">${outcomeOf(this.approval, this.session)}</footer>`
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
    if (this.#busy || this.#isEditing) return
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

  #useEdited(edited: JsonObject): void {
    const isChanged = JSON.stringify(edited) !== JSON.stringify(this.approval.arguments)
    this.#edited = isChanged ? edited : undefined
    void this.#closeEditor()
  }

  async #closeEditor(): Promise<void> {
    this.#isEditing = false
    await this.updateComplete
    this.querySelector<HTMLElement>('.arguments-head button:last-of-type')?.focus()
  }
}
