import { html, nothing, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import type { ImportedRow, ListPreview } from '../../http/client.js'
import type { Integration } from '../../index.js'
import { Dialog } from '../controls/dialog.js'
import { checkboxField, switchField, textField } from '../controls/fields.js'
import { importReport, isImported } from './import-report.js'
import { answersTo, importRow, isUnanswered, type Answers } from './import-row.js'

/** Imports a list in three steps: paste it, choose servers, connect them. Only the last step changes anything. */
export class ImportDialog extends Dialog {
  /** The integrations that are already connected. */
  @property({ attribute: false }) accessor known: readonly Integration[] = []
  protected override wide = true
  @state() accessor #text = ''
  @state() accessor #preview: ListPreview | undefined
  @state() accessor #chosen: readonly string[] = []
  /** Values by server. */
  @state() accessor #answers: ReadonlyMap<string, Answers> = new Map()
  @state() accessor #agents: readonly string[] = []
  @state() accessor #isPrivate = true
  @state() accessor #isEnabled = false
  @state() accessor #tried = false
  @state() accessor #rows: readonly ImportedRow[] | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    const { agents } = this.session.people
    this.#agents = agents.length === 1 ? agents.map(({ id }) => id) : []
  }
  protected override heading(): string {
    return this.labels.importTitle
  }
  protected override cancelLabel(): string | undefined {
    return this.#rows === undefined ? this.labels.cancel : undefined
  }
  protected override submitLabel(): string {
    const { labels } = this
    if (this.#rows !== undefined) return labels.importDone
    if (this.#preview === undefined) return labels.importShow
    return this.busy ? labels.connecting : labels.importButton(this.#chosen.length)
  }
  protected override extraButtons(): unknown {
    if (this.#preview === undefined || this.#rows !== undefined) return nothing
    return html`<button type="button" class="button quiet" aria-disabled=${this.busy} @click=${this.#startOver}>
      ${this.labels.importAnother}
    </button>`
  }

  protected override body(): TemplateResult {
    if (this.#rows !== undefined) return importReport(this.#rows, this.session)
    return this.#preview === undefined ? this.#paste() : this.#choose(this.#preview)
  }

  protected override async submit(): Promise<void> {
    if (this.#rows !== undefined) return this.close()
    if (this.#preview === undefined) await this.#show()
    else await this.#import(this.#preview)
  }

  #paste(): TemplateResult {
    const { labels, uid } = this
    return html`<p class="prose">${labels.importText}</p>
      ${textField({
        id: `${uid}-list`,
        label: labels.importList,
        help: labels.importListHelp,
        value: this.#text,
        required: true,
        multiline: true,
        rows: 10,
        autofocus: true,
        placeholder: '{ "mcpServers": { … } }',
        problem: this.#problem('text', this.#text.trim() === '' ? labels.required : undefined),
        input: (value) => (this.#text = value),
      })}
      <div>
        <button type="button" class="button small" part="button" @click=${this.#pickFile}>${labels.importFile}</button>
        <input type="file" hidden accept=".json,.jsonc,.toml" @change=${this.#readFile} />
      </div>`
  }

  #choose({ format, servers }: ListPreview): TemplateResult {
    const { labels, session, uid } = this
    const chosenProblem = this.#tried && this.#chosen.length === 0 ? labels.importChooseNone : undefined
    return html`<fieldset class="field" aria-describedby="${uid}-found ${uid}-chosen">
        <legend>${labels.importChoose}</legend>
        <p class="help" id="${uid}-found">${labels.importFound(servers.length, format)}</p>
        <ul class="card rows" role="list" part="import">
          ${servers.map((server, n) =>
            importRow(server, {
              id: `${uid}-${n}`,
              labels,
              isKnown: this.known.some(({ url }) => url !== undefined && url === server.url),
              isChosen: this.#chosen.includes(server.name),
              answers: this.#answersFor(server.name),
              tried: this.#tried,
              choose: (isChosen) => this.#toggle(server.name, isChosen),
              answer: (variable, value) => this.#answer(server.name, variable, value),
            }),
          )}
        </ul>
        <p class="problem" id="${uid}-chosen">${chosenProblem ?? nothing}</p>
      </fieldset>
      ${checkboxField({
        id: `${uid}-agents`,
        label: labels.agents,
        help: labels.agentsHelp,
        problem: this.#problem('agents', this.#agents.length === 0 ? labels.agentsNone : undefined),
        values: this.#agents,
        options: session.people.agents.map(({ id }) => ({ value: id, label: session.people.agentName(id) })),
        change: (values) => (this.#agents = values),
      })}
      ${switchField({
        id: `${uid}-private`,
        label: labels.privateSwitch,
        help: labels.privateHelp,
        checked: this.#isPrivate,
        change: (checked) => (this.#isPrivate = checked),
      })}
      ${switchField({
        id: `${uid}-enabled`,
        label: labels.importEnable,
        help: labels.importOffHelp,
        checked: this.#isEnabled,
        change: (checked) => (this.#isEnabled = checked),
      })}`
  }

  async #show(): Promise<void> {
    this.#tried = true
    if (this.#text.trim() === '') return this.#toFirstProblem()
    const preview = await this.session.client.previewServers(this.#text)
    const isNew = (url: string | undefined): boolean => url !== undefined && !this.known.some((one) => one.url === url)
    this.#chosen = preview.servers.flatMap(({ name, url }) => (isNew(url) ? [name] : []))
    this.#answers = new Map()
    this.#tried = false
    this.#preview = preview
    await this.updateComplete
    this.querySelector<HTMLElement>('.import-row input:not(:disabled)')?.focus()
  }

  async #import({ servers }: ListPreview): Promise<void> {
    const { session, labels } = this
    this.#tried = true
    const chosen = servers.filter(({ name }) => this.#chosen.includes(name))
    const isIncomplete = chosen.some(({ name, variables }) =>
      variables.some((variable) => isUnanswered(variable, this.#answersFor(name))),
    )
    if (chosen.length === 0 || this.#agents.length === 0 || isIncomplete) return this.#toFirstProblem()
    const { rows } = await session.client.importServers(this.#text, {
      only: this.#chosen,
      answers: Object.fromEntries(
        chosen.map((server) => [server.name, answersTo(server, this.#answersFor(server.name))]),
      ),
      agents: this.#agents,
      visibility: this.#isPrivate ? 'private' : 'workspace',
      enabled: this.#isEnabled,
    })
    // The list may hold secrets and is no longer needed.
    this.#text = ''
    this.#answers = new Map()
    this.#rows = rows
    const imported = rows.filter(isImported).length
    session.announce(labels.importOutcome(imported, rows.length), imported === rows.length ? 'good' : 'plain')
    this.tell('changed')
  }

  #toggle(name: string, isChosen: boolean): void {
    this.#chosen = isChosen ? [...this.#chosen, name] : this.#chosen.filter((one) => one !== name)
  }

  #answer(server: string, variable: string, value: string): void {
    this.#answers = new Map(this.#answers).set(server, new Map(this.#answersFor(server)).set(variable, value))
  }

  #answersFor(server: string): Answers {
    return this.#answers.get(server) ?? new Map()
  }

  #startOver = (): void => {
    if (this.busy) return
    this.#preview = undefined
    this.#tried = false
    this.error = undefined
  }

  #pickFile = (): void => this.querySelector<HTMLInputElement>('[type=file]')?.click()

  #readFile = async (event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement
    const [file] = input.files ?? []
    if (file === undefined) return
    try {
      this.#text = await file.text()
      this.error = undefined
    } catch {
      this.error = { message: this.labels.importFileUnreadable }
    }
    input.value = ''
  }

  async #toFirstProblem(): Promise<void> {
    await this.updateComplete
    this.querySelector<HTMLElement>('[aria-invalid=true], .import-row input:not(:disabled)')?.focus()
  }

  #problem(path: string, whenEmpty: string | undefined): string | undefined {
    if (this.#tried && whenEmpty !== undefined) return whenEmpty
    return this.error?.fields?.find((field) => field.path === path)?.message
  }
}
