import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { script, style } from '#settings-page'
import type { SettingsPage } from '../http/page.js'
import type { Labels } from './labels/english.js'

export type { PageAsset, SettingsPage } from '../http/page.js'

/** Options of {@link settingsPage}. */
export interface SettingsPageOptions {
  /** The title of the document. `@default 'MCP Integrations'` */
  readonly title?: string | undefined
  /** The language of times, numbers and lists, as a BCP 47 tag. `@default` the browser's */
  readonly locale?: string | undefined
  /**
   * Your own texts, tabs included. The page is sent as HTML, so labels that are functions stay English here; your own
   * page with the elements of `mcp-integrations/elements` can replace them all. `@default` English
   */
  readonly labels?: PageLabels | undefined
  /** Colour theme. `@default` the person's system setting */
  readonly theme?: 'light' | 'dark' | undefined
}

/** The labels that are plain texts, not functions. */
export type PageLabels = Partial<Pick<Labels, TextLabel>>
/** The names of the labels that are plain texts. */
export type TextLabel = {
  [Key in keyof Labels]: Labels[Key] extends (...values: never[]) => string ? never : Key
}[keyof Labels]

/**
 * The settings page and the approvals inbox as a prebuilt page: a host needs no build step and no framework. The page
 * sends requests only to its own origin, and works under a Content-Security-Policy without `unsafe-inline`.
 *
 * @example
 * ```ts
 * // examples/guides/settings-page.ts#mount
 * const whoIs = async (_request: Request) => ana
 * const handler = integrationsHandler(registry, {
 *   basePath: '/api/mcp',
 *   origin: 'https://app.example.com',
 *   actor: (request) => whoIs(request), // your session
 *   ui: settingsPage({ title: 'Integrations of Acme' }),
 * })
 * ```
 */
export function settingsPage(options: SettingsPageOptions = {}): SettingsPage {
  const assets = [asset('page', 'js', 'text/javascript', script), asset('page', 'css', 'text/css', style)] as const
  const [code, sheet] = assets
  return {
    html: ({ basePath }) => documentOf(options, basePath, { code: code.name, sheet: sheet.name }),
    assets: new Map(assets.map(({ name, type, body }) => [name, { type, body }])),
    trustedTypes: ['lit-html'],
  }
}

function documentOf(
  { title = 'MCP Integrations', locale, theme, labels = {} }: SettingsPageOptions,
  basePath: string,
  files: { readonly code: string; readonly sheet: string },
): string {
  const { approvalsTab: approvals = 'Approvals' } = labels
  const given = [
    attribute('base-url', basePath),
    locale === undefined ? '' : attribute('locale', locale),
    theme === undefined ? '' : attribute('theme', theme),
  ].join('')
  return `<!doctype html>
<html${attribute('lang', locale ?? 'en')}${theme === undefined ? '' : attribute('data-theme', theme)}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${escaped(`${basePath}/assets/${files.sheet}`)}">
<script type="module" src="${escaped(`${basePath}/assets/${files.code}`)}"></script>
</head>
<body>
<div class="page"${attribute('data-labels', JSON.stringify(labels))}>
<nav class="tabs" aria-label="${escaped(title)}">
<a href="#" data-title="${escaped(title)}" aria-current="page">${escaped(labels.integrationsTab ?? 'Integrations')}</a>
<a href="#approvals" data-title="${escaped(approvals)}">${escaped(approvals)} <span class="count" hidden></span></a>
</nav>
<main>
<mcp-integrations${given}></mcp-integrations>
<mcp-approvals${given} hidden></mcp-approvals>
</main>
<p class="news" role="status"></p>
</div>
</body>
</html>
`
}

function asset(name: string, ending: string, type: string, body: string) {
  const hash = bytesToHex(sha256(new TextEncoder().encode(body))).slice(0, 16)
  return { name: `${name}-${hash}.${ending}`, type: `${type}; charset=utf-8`, body }
}

function attribute(name: string, value: string): string {
  return ` ${name}="${escaped(value)}"`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)
}
