import { html, nothing, type TemplateResult } from 'lit'
import { property, query, state } from 'lit/decorators.js'
import { Part } from '../elements/part.js'
import { shownError, type ShownError } from '../state/errors.js'
import { icon } from './icons.js'

let dialogs = 0

/**
 * A modal dialog with a form. The browser keeps focus inside, closes it on Escape and gives focus back to where it was;
 * then `done` is called.
 */
export abstract class Dialog extends Part {
  @state() accessor busy = false
  @state() accessor error: ShownError | undefined
  @query('dialog') accessor dialog!: HTMLDialogElement
  #isDone = false
  protected readonly uid = `mcp-${++dialogs}`
  /** A wide dialog, for contents to compare. */
  protected wide = false

  protected abstract heading(): unknown
  protected abstract body(): unknown
  protected abstract submitLabel(): string
  protected abstract submit(): Promise<void>
  protected get danger(): boolean {
    return false
  }
  /** Whether a press of the submit button counts. */
  protected permits(_event: Event): boolean {
    return true
  }
  /** The label of the cancel button; `undefined`: no such button. */
  protected cancelLabel(): string | undefined {
    return this.labels.cancel
  }
  /** Further buttons, before the two. */
  protected extraButtons(): unknown {
    return nothing
  }

  close(): void {
    this.dialog.close()
    this.#tellDone()
  }

  protected override firstUpdated(): void {
    this.dialog.showModal()
  }

  protected override render(): TemplateResult {
    const { labels, uid } = this
    return html`<dialog
      class="dialog ${this.wide ? 'wide' : ''}"
      part="dialog"
      aria-labelledby="${uid}-title"
      @close=${this.#tellDone}
      @cancel=${this.#cancel}
    >
      <form novalidate @submit=${this.#submit}>
        <header>
          <h2 id="${uid}-title">${this.heading()}</h2>
          <button type="button" class="button quiet square" aria-label=${labels.close} @click=${this.close}>
            ${icon('close')}
          </button>
        </header>
        <div class="dialog-body">${this.body()}${this.#errorLine()}</div>
        <footer>
          ${this.extraButtons()}
          <span class="grow"></span>
          ${
            this.cancelLabel() === undefined
              ? nothing
              : html`<button type="button" class="button" part="button" @click=${this.close}>
                  ${this.cancelLabel()}
                </button>`
          }
          <button
            type="submit"
            class="button ${this.danger ? 'danger' : 'primary'} ${this.busy ? 'busy' : ''}"
            part="button ${this.danger ? 'danger' : 'primary'}"
            aria-disabled=${this.busy}
            @click=${(event: Event) => this.permits(event) || event.preventDefault()}
          >
            ${this.submitLabel()}
          </button>
        </footer>
      </form>
    </dialog>`
  }

  /** Runs an operation and shows its error in the dialog. @returns whether it succeeded */
  protected async attempt(work: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false
    this.busy = true
    this.error = undefined
    try {
      await work()
      return true
    } catch (error) {
      this.error = shownError(error, this.labels)
      void this.updateComplete.then(() => this.#showError())
      return false
    } finally {
      this.busy = false
    }
  }

  #cancel = (event: Event): void => {
    if (event.target !== this.dialog) return
    event.preventDefault()
    if (!this.busy) this.close()
  }

  // At once: the close event fires one task later, when a fast person may have opened the next dialog.
  #tellDone = (): void => {
    if (this.#isDone) return
    this.#isDone = true
    this.tell('done')
  }

  #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    await this.attempt(() => this.submit())
  }

  #errorLine(): TemplateResult {
    return html`<p class="error" part="error" role="alert">
      ${this.error === undefined ? nothing : this.error.message}
    </p>`
  }

  /** Moves focus to the first invalid field; without one, scrolls to the message. */
  #showError(): void {
    const field = this.querySelector<HTMLElement>('[aria-invalid=true]')
    if (field === null) this.querySelector('.error')?.scrollIntoView({ block: 'nearest' })
    else field.focus()
  }
}

/** A question with one button that confirms. */
export class ConfirmDialog extends Dialog {
  @property({ attribute: false }) accessor question!: Question

  protected override get danger(): boolean {
    return this.question.danger ?? false
  }
  protected override heading(): unknown {
    return this.question.heading
  }
  protected override body(): TemplateResult {
    return html`<p class="prose">${this.question.text}</p>`
  }
  protected override submitLabel(): string {
    return this.question.button
  }
  protected override async submit(): Promise<void> {
    await this.question.run()
    this.close()
  }
}

/** The question of a {@link ConfirmDialog}. */
export interface Question {
  readonly heading: unknown
  readonly text: string
  readonly button: string
  readonly danger?: boolean
  run(): Promise<void>
}
