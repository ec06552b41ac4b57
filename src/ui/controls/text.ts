import { html, type TemplateResult } from 'lit'
import { visiblePieces } from '../../model/visible-text.js'

/**
 * Text of a server or another person. The API has already escaped most hidden characters: an escape is drawn as the same
 * mark as the character itself.
 */
export function shown(text: string): TemplateResult | string {
  const parts = text.split(/\\u\{([0-9A-F]{1,6})\}/)
  return parts.length === 1 ? exact(text) : html`${parts.map((part, n) => (n % 2 === 0 ? exact(part) : mark(part)))}`
}

/** The exact text, with each invisible character drawn as a red mark. */
export function exact(text: string): TemplateResult | string {
  const pieces = visiblePieces(text)
  return pieces.some(({ hidden }) => hidden) ? html`${pieces.map(drawn)}` : text
}

/** The number of invisible characters in a text. */
export function hiddenIn(text: string): number {
  return visiblePieces(text).filter(({ hidden }) => hidden).length
}

function drawn({ text, hidden }: { readonly text: string; readonly hidden: boolean }): TemplateResult | string {
  // `\u{200B}` → `U+200B`: a mark, so that it can't be mistaken for text of the server.
  return hidden ? mark(text.slice(3, -1)) : text
}

/** The same as a plain string, where no markup is possible: attributes, announcements, options of a list. */
export function plain(text: string): string {
  return visiblePieces(text)
    .map(({ text: part }) => part)
    .join('')
}

/** JSON for an editor, with hidden characters as JSON escapes. */
export function editableJson(value: unknown): string {
  return visiblePieces(JSON.stringify(value, null, 2))
    .map(({ text, hidden }) => (hidden ? jsonEscape(Number.parseInt(text.slice(3, -1), 16)) : text))
    .join('')
}

function jsonEscape(codePoint: number): string {
  const units = String.fromCodePoint(codePoint).split('')
  return units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
}

function mark(code: string): TemplateResult {
  return html`<span class="hidden-character" part="hidden-character">U+${code}</span>`
}
