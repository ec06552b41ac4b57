import { html, type TemplateResult } from 'lit'
import { visiblePieces } from '../../model/visible-text.js'

/**
 * Text of a server or another person. Most of it comes with hidden characters escaped already: an escape becomes the same
 * mark as the character itself.
 */
export function shown(text: string): TemplateResult | string {
  const parts = text.split(/\\u\{([0-9A-F]{1,6})\}/)
  return parts.length === 1 ? exact(text) : html`${parts.map((part, n) => (n % 2 === 0 ? exact(part) : mark(part)))}`
}

/** Text exactly as it is, in which nothing can hide: what would be drawn as nothing is a mark in red. */
export function exact(text: string): TemplateResult | string {
  const pieces = visiblePieces(text)
  return pieces.some(({ hidden }) => hidden) ? html`${pieces.map(drawn)}` : text
}

/** How many characters of a text would be drawn as nothing. */
export function hiddenIn(text: string): number {
  return visiblePieces(text).filter(({ hidden }) => hidden).length
}

function drawn({ text, hidden }: { readonly text: string; readonly hidden: boolean }): TemplateResult | string {
  // `\u{200B}` → `U+200B`: written as a mark, so that it can't be taken for text that a server wrote.
  return hidden ? mark(text.slice(3, -1)) : text
}

/** A plain line of the same, for names that can't hold marks: attributes, announcements, options of a list. */
export function plain(text: string): string {
  return visiblePieces(text)
    .map(({ text: part }) => part)
    .join('')
}

/** JSON to be edited, in which nothing can hide either: hidden characters are JSON's own escapes. */
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
