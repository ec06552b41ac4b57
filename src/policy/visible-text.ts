/**
 * What can hide or reorder text: control and format characters (bidi, zero-width, tags), everything else that is drawn
 * as nothing, blanks that are not the plain one, private use, half surrogate pairs.
 */
const hidden =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u{2800}]|(?! )\p{Zs}/u

/**
 * Text in which nothing can hide: what is drawn as nothing, moves other text or steers a terminal appears as `\u{…}`.
 *
 * @param maxLength - longer text is cut there, and says how much is missing. `@default` not cut
 */
export function visible(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  const { shown, hiddenCharacters } = show(text, maxLength)
  return hiddenCharacters === 0 ? shown : `${shown}… (${hiddenCharacters} more characters)`
}

/** The same for text of several lines: line feeds stay, and what is cut off is only counted. */
export function visibleLines(
  text: string,
  maxLength: number,
): { readonly shown: string; readonly hiddenCharacters: number } {
  return show(text, maxLength, '\n')
}

/** A piece of a text: characters as they are, or one that would be drawn as nothing, escaped. */
export interface TextPiece {
  readonly text: string
  readonly hidden: boolean
}

/** The same in pieces, for a screen that marks what was hidden. Line feeds stay. */
export function visiblePieces(text: string): readonly TextPiece[] {
  const pieces: { text: string; hidden: boolean }[] = []
  for (const character of text) {
    const isHidden = character !== '\n' && hidden.test(character)
    const last = pieces.at(-1)
    if (last === undefined || isHidden || last.hidden)
      pieces.push({ text: isHidden ? escape(character) : character, hidden: isHidden })
    else last.text += character
  }
  return pieces
}

/** Cuts between characters, never inside of an escape or a pair. */
function show(text: string, maxLength: number, kept = ''): { shown: string; hiddenCharacters: number } {
  let shown = ''
  let at = 0
  while (at < text.length) {
    const character = String.fromCodePoint(text.codePointAt(at)!)
    const drawn = character !== kept && hidden.test(character) ? escape(character) : character
    if (shown.length + drawn.length > maxLength) return { shown, hiddenCharacters: text.length - at }
    shown += drawn
    at += character.length
  }
  return { shown, hiddenCharacters: 0 }
}

function escape(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16).toUpperCase()}}`
}
