import { html, type TemplateResult } from 'lit'
import { property } from 'lit/decorators.js'
import { Dialog } from '../controls/dialog.js'
import { shown } from '../controls/text.js'
import type { SignIn } from '../state/session.js'

/** Shows the sign-in URL before the redirect: the server chose it, so the person checks it first. */
export class SignInDialog extends Dialog {
  @property({ attribute: false }) accessor request!: SignIn

  protected override heading(): string {
    return this.labels.signInTitle(this.request.name)
  }
  protected override submitLabel(): string {
    return this.labels.signInContinue
  }
  protected override body(): TemplateResult {
    const { labels, request } = this
    return html`<p class="prose">${labels.signInText}</p>
      <p class="destination mono">${shown(new URL(request.authorizationUrl).host)}</p>
      <p class="muted">${labels.signInAfter}</p>`
  }
  protected override async submit(): Promise<void> {
    const { protocol, href } = new URL(this.request.authorizationUrl)
    if (protocol === 'https:' || protocol === 'http:') location.assign(href)
  }
}
