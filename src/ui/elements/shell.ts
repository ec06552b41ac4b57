import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { property, state } from 'lit/decorators.js'
import { icon } from '../controls/icons.js'
import { clientOf, type Client } from '../state/client.js'
import { formatIn } from '../state/format.js'
import { introduction, type Introduction } from '../state/introduction.js'
import { english, type Labels } from '../labels/english.js'
import { liveEvents, type Live } from '../state/live.js'
import type { PageSession, SignIn, Tone } from '../state/session.js'
import { styles } from '../styles/index.js'

/** How long a notice of success stays; a notice of an error stays until it is dismissed. */
const noticeMs = 8000
/** How often `2 min ago` is updated. */
const tickMs = 30_000

/** The common base of the three elements: base URL, locale, labels, theme, live events and notices. */
export abstract class Shell extends LitElement {
  static override styles = styles

  /** The base path of the handler of `mcp-integrations/http`, e.g. `/api/mcp`. */
  @property({ attribute: 'base-url' }) accessor baseUrl = ''
  /** A BCP 47 tag, for times, numbers and lists. `@default` the browser's */
  @property() accessor locale: string | undefined
  /** `@default` the `color-scheme` of the page around it */
  @property({ reflect: true }) accessor theme: 'light' | 'dark' | undefined
  /** The host's own texts, in place of the English ones. */
  @property({ attribute: false }) accessor labels: Partial<Labels> = {}
  /** The host's name of a person. `@default` the name from the handler's `people`, otherwise the id */
  @property({ attribute: false }) accessor personName: ((userId: string) => string) | undefined
  /** A client used instead of the one for `base-url`, for example with the host's own headers. */
  @property({ attribute: false }) accessor client: Client | undefined

  @state() protected accessor session: PageSession | undefined
  @state() accessor #known: Introduction | undefined
  @state() accessor #notice: { readonly message: string; readonly tone: Tone } | undefined
  @state() accessor #signIn: SignIn | undefined
  #noticeTimer: ReturnType<typeof setTimeout> | undefined
  #ticker: ReturnType<typeof setInterval> | undefined

  protected abstract content(session: PageSession): unknown

  override connectedCallback(): void {
    super.connectedCallback()
    this.#ticker = setInterval(() => {
      if (this.session !== undefined && !document.hidden) this.session = { ...this.session }
    }, tickMs)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.#ticker)
    clearTimeout(this.#noticeTimer)
  }

  protected override willUpdate(changed: PropertyValues): void {
    const made = ['baseUrl', 'locale', 'labels', 'personName', 'client', '#known']
    if (this.session === undefined || made.some((name) => changed.has(name))) this.session = this.#session()
    if (changed.has('baseUrl') || changed.has('client')) void this.#introduce()
  }

  protected override render(): TemplateResult {
    const { session } = this
    const notice = this.#notice
    return html`<div class="shell" part="shell" lang=${this.locale ?? nothing}>
      ${session === undefined || this.#known === undefined ? nothing : this.content(session)}
      ${
        this.#signIn === undefined
          ? nothing
          : html`<mcp-part-sign-in
              .session=${session}
              .request=${this.#signIn}
              @done=${() => (this.#signIn = undefined)}
            ></mcp-part-sign-in>`
      }
      <div class="notice-place" role="status">
        ${
          notice === undefined
            ? nothing
            : html`<div class="notice tone-${notice.tone}" part="notice">
                <span class="dot" aria-hidden="true"></span><span>${notice.message}</span>
                <button
                  type="button"
                  class="button quiet square"
                  aria-label=${session?.labels.dismiss ?? nothing}
                  @click=${() => (this.#notice = undefined)}
                >
                  ${icon('close')}
                </button>
              </div>`
        }
      </div>
    </div>`
  }

  #session(): PageSession {
    const client = this.client ?? clientOf(this.baseUrl)
    const { agents, me, decidesForOthers, people } = this.#known ?? unknown
    return {
      client,
      live: liveOf(client, this.baseUrl),
      labels: { ...english, ...this.labels },
      format: formatIn(this.locale),
      people: {
        agents,
        me,
        decidesForOthers,
        agentName: (id) => agents.find((agent) => agent.id === id)?.name ?? id,
        listed: people,
        personName: (id) => this.personName?.(id) ?? people?.find((person) => person.id === id)?.name ?? id,
      },
      announce: (message, tone = 'plain') => this.#announce(message, tone),
      signIn: (request) => {
        if (this.session?.emit('mcp-sign-in', request) !== false) this.#signIn = request
      },
      emit: (name, detail) =>
        this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true })),
    }
  }

  /** Loads the person, their agents and the names that the views show. */
  async #introduce(): Promise<void> {
    const client = this.client ?? clientOf(this.baseUrl)
    this.#known = await introduction(client)
  }

  #announce(message: string, tone: Tone): void {
    clearTimeout(this.#noticeTimer)
    this.#notice = { message, tone }
    if (tone !== 'bad') this.#noticeTimer = setTimeout(() => (this.#notice = undefined), noticeMs)
  }
}

/** Used until the first response of the server. */
const unknown: Introduction = { agents: [], me: undefined, decidesForOthers: false, people: undefined }

const streams = new WeakMap<Client, Live>()

/** One event stream for all elements of a page. */
function liveOf(client: Client, baseUrl: string): Live {
  const known = streams.get(client) ?? liveEvents(client, `mcp-integrations ${baseUrl}`)
  streams.set(client, known)
  return known
}
