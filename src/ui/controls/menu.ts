import { html, nothing, type TemplateResult } from 'lit'
import { property, query, state } from 'lit/decorators.js'
import { Part } from '../elements/part.js'
import { icon } from './icons.js'

/** An item of a menu. */
export interface MenuItem {
  readonly label: string
  run(): void
  /** The item deletes something. */
  readonly danger?: boolean
}

/** A button with three dots that opens a menu. Arrow keys, Home, End, a first letter and Escape work. */
export class MenuButton extends Part {
  @property({ attribute: false }) accessor items: readonly MenuItem[] = []
  @property({ attribute: false }) accessor name = ''
  @state() accessor open = false
  @query('button') accessor button!: HTMLButtonElement
  @query('[role=menu]') accessor menu!: HTMLElement

  protected override render(): TemplateResult | typeof nothing {
    if (this.items.length === 0) return nothing
    return html`
      <button
        type="button"
        class="button quiet square"
        part="button menu-button"
        aria-haspopup="menu"
        aria-expanded=${this.open}
        aria-label=${this.name}
        title=${this.name}
        @click=${this.#toggle}
        @keydown=${this.#openByKey}
      >
        ${icon('more')}
      </button>
      <div
        class="menu"
        part="menu"
        role="menu"
        popover
        aria-label=${this.name}
        @beforetoggle=${this.#giveFocusBack}
        @toggle=${(event: ToggleEvent) => (this.open = event.newState === 'open')}
        @keydown=${this.#move}
      >
        ${this.items.map(
          (item) =>
            html`<button
              type="button"
              role="menuitem"
              tabindex="-1"
              part="menu-item"
              class=${item.danger === true ? 'danger' : ''}
              @click=${() => this.#choose(item)}
            >
              ${item.label}
            </button>`,
        )}
      </div>
    `
  }

  // Reads the popover's own state: `open` follows with the toggle event, one task later.
  #toggle(): void {
    if (this.menu.matches(':popover-open')) this.menu.hidePopover()
    else this.#show()
  }

  #show(last = false): void {
    const { bottom, right, top } = this.button.getBoundingClientRect()
    this.menu.showPopover()
    const { offsetHeight, offsetWidth, style } = this.menu
    const below = bottom + 4 + offsetHeight <= innerHeight
    style.setProperty('top', `${Math.max(8, below ? bottom + 4 : Math.min(top - 4, innerHeight - 8) - offsetHeight)}px`)
    style.setProperty('left', `${Math.max(8, right - offsetWidth)}px`)
    this.#focus(last ? -1 : 0)
  }

  #choose(item: MenuItem): void {
    this.menu.hidePopover()
    item.run()
  }

  #giveFocusBack = ({ newState }: ToggleEvent): void => {
    if (newState === 'closed' && this.menu.matches(':focus-within')) this.button.focus()
  }

  #openByKey(event: KeyboardEvent): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    this.#show(event.key === 'ArrowUp')
  }

  #move(event: KeyboardEvent): void {
    const buttons = [...this.menu.querySelectorAll('button')]
    const at = buttons.findIndex((button) => button.matches(':focus'))
    const letter = event.key.length === 1 ? event.key.toLocaleLowerCase() : undefined
    if (event.key === 'Tab') return this.menu.hidePopover()
    const to =
      event.key === 'ArrowDown'
        ? at + 1
        : event.key === 'ArrowUp'
          ? at - 1
          : event.key === 'Home'
            ? 0
            : event.key === 'End'
              ? -1
              : letter === undefined || letter === ' '
                ? undefined
                : this.items.findIndex(({ label }) => label.toLocaleLowerCase().startsWith(letter))
    if (to === undefined) return
    event.preventDefault()
    this.#focus(to)
  }

  #focus(index: number): void {
    const buttons = this.menu.querySelectorAll('button')
    buttons[(index + buttons.length) % buttons.length]?.focus()
  }
}
