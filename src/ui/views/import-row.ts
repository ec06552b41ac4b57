import { html, nothing, type TemplateResult } from 'lit'
import { live } from 'lit/directives/live.js'
import type { ImportPreview } from '../../http/client.js'
import { selectField, textField } from '../controls/fields.js'
import { icon } from '../controls/icons.js'
import { plain, shown } from '../controls/text.js'
import type { Labels } from '../labels/english.js'

/** Values by variable. A map, because a list may name a variable `__proto__`. */
export type Answers = ReadonlyMap<string, string>
type Variable = ImportPreview['variables'][number]

interface RowState {
  readonly id: string
  readonly labels: Labels
  /** A server at the same URL is already connected. */
  readonly isKnown: boolean
  readonly isChosen: boolean
  readonly answers: Answers
  /** Whether missing values are marked: after the first attempt to import. */
  readonly tried: boolean
  choose(isChosen: boolean): void
  answer(variable: string, value: string): void
}

/** One server of a list: its URL, the given and missing values, or the reason why it can't be connected. */
export function importRow(server: ImportPreview, row: RowState): TemplateResult {
  const { name, url, description, unsupported, notes } = server
  const { id, labels, isKnown, isChosen } = row
  const canConnect = url !== undefined
  return html`<li class="import-row ${canConnect ? '' : 'is-off'}">
    <label class="choice">
      <input
        type="checkbox"
        id=${id}
        ?disabled=${!canConnect}
        .checked=${live(isChosen)}
        @change=${(event: Event) => row.choose((event.target as HTMLInputElement).checked)}
      />
      <span class="name-line">
        <span class="strong">${shown(name)}</span>
        ${canConnect ? nothing : html`<span class="badge">${labels.importUnsupported}</span>`}
        ${isKnown ? html`<span class="badge">${labels.importExists}</span>` : nothing}
      </span>
    </label>
    <div class="import-more">
      ${url === undefined ? nothing : html`<p class="meta mono">${shown(url)}</p>`}
      ${description === undefined ? nothing : html`<p class="meta clamp">${shown(description)}</p>`}
      ${canConnect ? nothing : html`<p class="meta">${shown(unsupported ?? '')}</p>`}
      ${canConnect ? headerLines(server, labels) : nothing}
      ${notes.map((note) => html`<p class="meta">${shown(note)}</p>`)}
      ${isKnownSuggestion(server) ? html`<p class="meta tone-warn">${labels.importSuggests}</p>` : nothing}
      ${canConnect && isChosen ? server.variables.map((variable, n) => answerField(variable, n, row)) : nothing}
    </div>
  </li>`
}

/** Whether a variable needs a value and has none. */
export function isUnanswered(variable: Variable, answers: Answers): boolean {
  return variable.required && valueOf(variable, answers) === '' && !keepsDefault(variable)
}

/** The values to send: a secret of the list is kept unless another value was typed. */
export function answersTo({ variables }: ImportPreview, answers: Answers): Readonly<Record<string, string>> {
  return Object.fromEntries(
    variables.flatMap((variable) => {
      const value = valueOf(variable, answers)
      return value === '' && keepsDefault(variable) ? [] : [[variable.name, value] as const]
    }),
  )
}

function valueOf({ name, default: fallback }: Variable, answers: Answers): string {
  return (answers.get(name) ?? fallback ?? '').trim()
}

/** The default of a secret is not shown: an empty field keeps it. */
function keepsDefault({ secret, hasDefault }: Variable): boolean {
  return secret && hasDefault
}

/** Where each header's value comes from, never the value. */
function headerLines({ headers }: ImportPreview, labels: Labels): readonly TemplateResult[] {
  return headers.map(({ name, secret, given }) => {
    const line = given ? (secret ? labels.importSecret : labels.importHeader) : labels.importAsked
    return html`<p class="meta">${icon(secret ? 'lock' : 'check')} ${shown(line(name))}</p>`
  })
}

function answerField(variable: Variable, n: number, { id, labels, answers, tried, answer }: RowState): TemplateResult {
  const { name, description, secret, required, default: fallback, choices } = variable
  const help = description === undefined ? undefined : plain(description)
  const field = { id: `${id}-${n}`, label: plain(name), help }
  const value = answers.get(name) ?? fallback ?? ''
  if (choices !== undefined)
    return selectField({
      ...field,
      value,
      options: ['', ...choices].map((choice) => ({ value: choice, label: plain(choice) })),
      change: (chosen) => answer(name, chosen),
    })
  return textField({
    ...field,
    type: secret ? 'password' : 'text',
    required,
    value,
    placeholder: keepsDefault(variable) ? labels.importKept : undefined,
    problem: tried && isUnanswered(variable, answers) ? labels.required : undefined,
    input: (typed) => answer(name, typed),
  })
}

function isKnownSuggestion({ suggestions }: ImportPreview): boolean {
  return Object.values(suggestions).some((one) => one !== undefined && one !== false)
}
