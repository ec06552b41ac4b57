/** Control, format (bidi, zero-width, tags), unassigned-looking separators and lone surrogates: what can hide or reorder text. */
const hidden =
  /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\u{115F}\u{1160}\u{3164}\u{FFA0}]|[\u{FE00}-\u{FE0F}]|[\u{E0100}-\u{E01EF}]|[\u{D800}-\u{DFFF}]/gu

/**
 * Text in which nothing can hide: control, bidi, zero-width and tag characters and lone surrogates appear as `\u{…}`.
 *
 * @param maxLength - longer text is cut, and says how much is missing. `@default` not cut
 */
export function visible(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  const shown = text.replace(hidden, escape)
  if (shown.length <= maxLength) return shown
  return `${shown.slice(0, maxLength)}… (${shown.length - maxLength} more characters)`
}

/** The same for text of several lines: line feeds stay. */
export function visibleLines(text: string): string {
  return text.replace(hidden, (character) => (character === '\n' ? character : escape(character)))
}

function escape(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16).toUpperCase()}}`
}
