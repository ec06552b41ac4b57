import { html, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { Approval, ApprovalDecision, RememberOptions } from '../../index.js'
import { Dialog } from '../controls/dialog.js'
import { radioField, textField } from '../controls/fields.js'
import { PressGuard } from '../controls/press-guard.js'

/** Denies a call, with a reason for the agent. */
export class DenyDialog extends Dialog {
  @property({ attribute: false }) accessor decide!: (decision: ApprovalDecision) => Promise<void>
  @state() accessor #reason = ''

  protected override get danger(): boolean {
    return true
  }
  protected override heading(): string {
    return this.labels.denyTitle
  }
  protected override submitLabel(): string {
    return this.labels.denyButton
  }
  protected override body(): TemplateResult {
    const { labels, uid } = this
    return textField({
      id: `${uid}-reason`,
      label: labels.denyReason,
      help: labels.denyReasonHelp,
      multiline: true,
      value: this.#reason,
      autofocus: true,
      input: (value) => (this.#reason = value),
    })
  }
  protected override async submit(): Promise<void> {
    const reason = this.#reason.trim()
    this.close()
    await this.decide(reason === '' ? 'deny' : { decision: 'deny', reason })
  }
}

type Duration = 'conversation' | 'tool' | 'hour' | 'uses'

/** Allows a call and remembers the decision, within the limits that the person chose. */
export class RememberDialog extends Dialog {
  @property({ attribute: false }) accessor approval!: Approval
  @property({ attribute: false }) accessor decide!: (decision: ApprovalDecision) => Promise<void>
  @state() accessor #duration: Duration = 'hour'
  @state() accessor #agents: 'this' | 'all' = 'this'
  @state() accessor #arguments: 'equal' | 'any' = 'equal'
  readonly #guard = new PressGuard(() => this.requestUpdate())

  override connectedCallback(): void {
    super.connectedCallback()
    this.#guard.rearm()
    if (this.approval.conversationId !== undefined) this.#duration = 'conversation'
  }
  protected override permits(event: Event): boolean {
    return this.#guard.permits(event)
  }
  protected override heading(): string {
    return this.labels.rememberTitle
  }
  protected override submitLabel(): string {
    return this.labels.rememberButton
  }
  protected override body(): TemplateResult {
    const { labels, uid, approval, session } = this
    return html`${radioField<Duration>({
      id: `${uid}-for`,
      label: labels.rememberFor,
      value: this.#duration,
      options: [
        ...(approval.conversationId === undefined
          ? []
          : [{ value: 'conversation' as const, label: labels.rememberConversation }]),
        { value: 'hour', label: labels.rememberHour },
        { value: 'uses', label: labels.rememberUses },
        { value: 'tool', label: labels.rememberTool },
      ],
      change: (value) => (this.#duration = value),
    })}
    ${radioField<'equal' | 'any'>({
      id: `${uid}-arguments`,
      label: labels.rememberArguments,
      value: this.#arguments,
      options: [
        { value: 'equal', label: labels.rememberEqual },
        { value: 'any', label: labels.rememberAny },
      ],
      change: (value) => (this.#arguments = value),
    })}
    ${radioField<'this' | 'all'>({
      id: `${uid}-agents`,
      label: labels.rememberAgents,
      value: this.#agents,
      options: [
        { value: 'this', label: labels.rememberThisAgent(session.people.agentName(approval.agentId)) },
        { value: 'all', label: labels.rememberAllAgents },
      ],
      change: (value) => (this.#agents = value),
    })}`
  }
  protected override async submit(): Promise<void> {
    const remember: RememberOptions = { ...bounds[this.#duration], agents: this.#agents, arguments: this.#arguments }
    this.close()
    await this.decide({ decision: 'approve', remember })
  }
}

const bounds: Readonly<Record<Duration, RememberOptions>> = {
  conversation: { for: 'conversation' },
  tool: { for: 'tool' },
  hour: { for: 'limited', minutes: 60 },
  uses: { for: 'limited', uses: 10 },
}
