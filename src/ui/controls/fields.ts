import { html, nothing, type TemplateResult } from 'lit'
import { live } from 'lit/directives/live.js'
import { icon } from './icons.js'

/** Common options of every field. */
export interface Field {
  readonly id: string
  readonly label: string
  readonly help?: string | undefined
  /** The problem with the value, shown at the field. */
  readonly problem?: string | undefined
}

/** A text field. */
export function textField(
  field: Field & {
    readonly value: string
    readonly input: (value: string) => void
    readonly type?: 'text' | 'url' | 'password'
    readonly readonly?: boolean
    readonly required?: boolean
    readonly multiline?: boolean
    /** Lines of a multiline field. `@default 3`; more than that use the font for code */
    readonly rows?: number
    readonly placeholder?: string | undefined
    readonly autofocus?: boolean
  },
): TemplateResult {
  const { id, label, value, input, type = 'text', readonly = false, required = false, autofocus = false } = field
  const typed = (event: Event): void => input((event.target as HTMLInputElement).value)
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${
      field.multiline === true
        ? html`<textarea
            id=${id}
            part="field"
            class=${field.rows === undefined ? '' : 'mono'}
            rows=${field.rows ?? 3}
            spellcheck=${field.rows === undefined}
            placeholder=${field.placeholder ?? nothing}
            ?autofocus=${autofocus}
            .value=${live(value)}
            aria-describedby=${describedBy(field)}
            aria-invalid=${field.problem !== undefined}
            @input=${typed}
          ></textarea>`
        : html`<input
            id=${id}
            part="field"
            type=${type}
            autocomplete="off"
            spellcheck="false"
            .value=${live(value)}
            placeholder=${field.placeholder ?? nothing}
            ?readonly=${readonly}
            ?autofocus=${autofocus}
            aria-required=${required}
            aria-describedby=${describedBy(field)}
            aria-invalid=${field.problem !== undefined}
            @input=${typed}
          />`
    }
    ${notes(field)}
  </div>`
}

/** A switch with its label and help. */
export function switchField(
  field: Field & { readonly checked: boolean; readonly change: (checked: boolean) => void },
): TemplateResult {
  return html`<div class="field switch-field">
    <div>
      <label for=${field.id}>${field.label}</label>
      ${notes(field)}
    </div>
    ${toggle({ ...field, describedBy: describedBy(field) })}
  </div>`
}

/** A switch without a label; `name` is its accessible name. */
export function toggle(input: {
  readonly id?: string
  readonly name?: string
  readonly checked: boolean
  readonly disabled?: boolean
  readonly describedBy?: string | typeof nothing
  readonly change: (checked: boolean) => void
}): TemplateResult {
  return html`<input
    type="checkbox"
    role="switch"
    class="switch"
    part="switch"
    id=${input.id ?? nothing}
    aria-label=${input.name ?? nothing}
    aria-describedby=${input.describedBy ?? nothing}
    ?disabled=${input.disabled ?? false}
    .checked=${live(input.checked)}
    @change=${(event: Event) => input.change((event.target as HTMLInputElement).checked)}
  />`
}

/** A field to search a list with; `name` is its accessible name, and what is in it while it is empty. */
export function searchField(input: {
  readonly name: string
  readonly value: string
  readonly grows?: boolean
  readonly input: (value: string) => void
}): TemplateResult {
  return html`<span class="search ${input.grows === true ? 'grow' : ''}">
    ${icon('search')}
    <input
      type="search"
      part="field"
      placeholder=${input.name}
      aria-label=${input.name}
      .value=${input.value}
      @input=${(event: Event) => input.input((event.target as HTMLInputElement).value)}
    />
  </span>`
}

/** A group of radio buttons. */
export function radioField<T extends string>(
  field: Field & {
    readonly value: T
    readonly options: readonly { readonly value: T; readonly label: unknown }[]
    readonly change: (value: T) => void
  },
): TemplateResult {
  return html`<fieldset class="field" aria-describedby=${describedBy(field)}>
    <legend>${field.label}</legend>
    ${notes(field)}
    ${field.options.map(
      ({ value, label }) =>
        html`<label class="choice">
          <input
            type="radio"
            name=${field.id}
            .checked=${live(value === field.value)}
            @change=${() => field.change(value)}
          />
          <span>${label}</span>
        </label>`,
    )}
  </fieldset>`
}

/** A group of checkboxes. */
export function checkboxField(
  field: Field & {
    readonly values: readonly string[]
    readonly options: readonly { readonly value: string; readonly label: unknown }[]
    readonly change: (values: readonly string[]) => void
  },
): TemplateResult {
  const without = (value: string): readonly string[] => field.values.filter((one) => one !== value)
  return html`<fieldset class="field" aria-describedby=${describedBy(field)}>
    <legend>${field.label}</legend>
    ${notes(field)}
    <div class="choices">
      ${field.options.map(
        ({ value, label }, n) =>
          html`<label class="choice">
            <input
              type="checkbox"
              id=${n === 0 ? field.id : nothing}
              aria-invalid=${field.problem !== undefined}
              .checked=${live(field.values.includes(value))}
              @change=${(event: Event) =>
                field.change((event.target as HTMLInputElement).checked ? [...field.values, value] : without(value))}
            />
            <span>${label}</span>
          </label>`,
      )}
    </div>
  </fieldset>`
}

/** A select without a label. */
export function select<T extends string>(input: {
  readonly id?: string
  readonly name?: string
  readonly value: T
  readonly disabled?: boolean
  readonly options: readonly { readonly value: T; readonly label: string }[]
  readonly change: (value: T) => void
}): TemplateResult {
  return html`<select
    part="field"
    id=${input.id ?? nothing}
    aria-label=${input.name ?? nothing}
    ?disabled=${input.disabled ?? false}
    .value=${live(input.value)}
    @change=${(event: Event) => input.change((event.target as HTMLSelectElement).value as T)}
  >
    ${input.options.map(
      ({ value, label }) => html`<option value=${value} ?selected=${value === input.value}>${label}</option>`,
    )}
  </select>`
}

/** A select with its label. */
export function selectField<T extends string>(
  field: Field & {
    readonly value: T
    readonly options: readonly { readonly value: T; readonly label: string }[]
    readonly change: (value: T) => void
  },
): TemplateResult {
  return html`<div class="field">
    <label for=${field.id}>${field.label}</label>
    ${select({ id: field.id, value: field.value, options: field.options, change: field.change })} ${notes(field)}
  </div>`
}

function notes({ id, help, problem }: Field): TemplateResult {
  return html`${help === undefined ? nothing : html`<p class="help" id="${id}-help">${help}</p>`}
  ${problem === undefined ? nothing : html`<p class="problem" id="${id}-problem">${problem}</p>`}`
}

function describedBy({ id, help, problem }: Field): string | typeof nothing {
  const ids = [...(problem === undefined ? [] : [`${id}-problem`]), ...(help === undefined ? [] : [`${id}-help`])]
  return ids.length === 0 ? nothing : ids.join(' ')
}
