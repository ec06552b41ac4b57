/**
 * Characters that can hide or reorder text: control and format characters (bidi, zero-width, tags), other characters
 * without a glyph, blanks other than the space, private use, lone surrogates.
 */
const hidden =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u{2800}\u{fffc}\u{1d159}\u{13441}\u{13442}\u{16fe4}]|(?! )\p{Zs}/u

/** Joiners, which some writing systems and emoji need between two characters. */
const joiner = /[\u200c\u200d]/
/** Scripts that need no joiners: between their letters, joiners could only hide something. */
const withoutJoiners =
  '\\p{scx=Latin}\\p{scx=Greek}\\p{scx=Cyrillic}\\p{scx=Armenian}\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Hangul}'
const joinsLetter = new RegExp(`(?![${withoutJoiners}])[\\p{L}\\p{M}]`, 'u')
const isJoinedLetter = new RegExp(`(?![${withoutJoiners}])\\p{L}`, 'u')
const joinsEmoji = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]/u
const isJoinedEmoji = /\p{Extended_Pictographic}/u
/** Variation selectors, which select text or emoji style, or a variant of a Mongolian or Han character. */
const emojiSelector = /[\ufe0e\ufe0f]/
const keycap = /[0-9#*]/
const mongolianSelector = /[\u180b-\u180d\u180f]/
const hanSelector = /[\ufe00-\ufe0d\u{e0100}-\u{e01ef}]/u
/** Variants of Han characters are rare. Each selector can carry a byte that nobody sees, so only a few stay close together. */
const mostVariants = 4
const closeTogether = 256
/** Combining marks are drawn over their letter; more of them than any script needs would cover other text. */
const mostMarks = 8
const mark = /\p{M}/u
const pile = new RegExp(`\\p{M}{${mostMarks + 1}}`, 'u')

/**
 * One-line text without hidden characters: characters that have no glyph, reorder text or control a terminal appear as
 * `\u{…}`.
 *
 * @param maxLength - longer text is cut there, and says how much is missing. `@default` only a text that consists of
 *   little else than hidden characters is cut
 */
export function visible(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  return said(show(text, maxLength))
}

/** Like {@link visible}, for text of several lines such as descriptions and questions: line feeds and tabs stay. */
export function visibleText(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  return said(show(text, maxLength, '\n\t'))
}

/** Like {@link visibleText}, with the number of characters that were cut off. Line feeds stay. */
export function visibleLines(text: string, maxLength: number): ShownText {
  return show(text, maxLength, '\n')
}

interface ShownText {
  readonly shown: string
  readonly hiddenCharacters: number
}

/** A piece of a text: visible characters, or one escaped hidden character. */
export interface TextPiece {
  readonly text: string
  readonly hidden: boolean
}

/** Like {@link visibleText}, in pieces, so that a page can mark the escaped characters. Line feeds stay. */
export function visiblePieces(text: string): readonly TextPiece[] {
  const pieces: { text: string; hidden: boolean }[] = []
  let at = 0
  for (const character of text) {
    const isHidden = character !== '\n' && hides(text, at, character)
    at += character.length
    const last = pieces.at(-1)
    if (last === undefined || isHidden || last.hidden)
      pieces.push({ text: isHidden ? escape(character) : character, hidden: isHidden })
    else last.text += character
  }
  return pieces
}

function said({ shown, hiddenCharacters }: ShownText): string {
  return hiddenCharacters === 0 ? shown : `${shown}… (${hiddenCharacters} more characters)`
}

/** The limit of what escapes add to a text, in characters. A text of mostly hidden characters is cut. */
const roomForEscapes = 16_384

/** What may stay in a text beside characters that can be seen, and texts that have nothing else: most of all texts. */
const plainTexts = { '': /^[ -~]*$/, '\n': /^[\n -~]*$/, '\n\t': /^[\n\t -~]*$/ }

/** Cuts between characters, never inside an escape or a surrogate pair. */
function show(text: string, maxLength: number, kept: keyof typeof plainTexts = ''): ShownText {
  // Of a text that is cut, nothing beyond the cut is read.
  if (text.length <= maxLength && hidesNothing(text, kept)) return { shown: text, hiddenCharacters: 0 }
  const room = Math.min(maxLength, text.length + roomForEscapes)
  const drawn: string[] = []
  let length = 0
  let at = 0
  while (at < text.length) {
    const character = String.fromCodePoint(text.codePointAt(at)!)
    const next = !kept.includes(character) && hides(text, at, character) ? escape(character) : character
    if (length + next.length > room) break
    drawn.push(next)
    length += next.length
    at += character.length
  }
  return { shown: drawn.join(''), hiddenCharacters: text.length - at }
}

function hidesNothing(text: string, kept: keyof typeof plainTexts): boolean {
  return plainTexts[kept].test(text) || (!hidden.test(text) && !pile.test(text))
}

function hides(text: string, at: number, character: string): boolean {
  if (character >= ' ' && character <= '~') return false
  if (mark.test(character) && isPiled(text, at)) return true
  if (!hidden.test(character)) return false
  const [before, after] = [characterBefore(text, at), characterAt(text, at + 1)]
  if (joiner.test(character))
    return !(
      (joinsLetter.test(before) && isJoinedLetter.test(after)) ||
      (joinsEmoji.test(before) && isJoinedEmoji.test(after))
    )
  if (emojiSelector.test(character)) return keycap.test(before) ? after !== '\u20e3' : !/\p{Emoji}/u.test(before)
  if (mongolianSelector.test(character)) return !/\p{Script=Mongolian}/u.test(before)
  return !hanSelector.test(character) || !/\p{Script=Han}/u.test(before) || hasManyVariants(text, at)
}

function hasManyVariants(text: string, at: number): boolean {
  let count = 0
  for (let start = at; start > 0 && start > at - closeTogether && count < mostVariants;) {
    const before = characterBefore(text, start)
    if (hanSelector.test(before)) count++
    start -= before.length
  }
  return count === mostVariants
}

/** Whether a mark stands on as many others as are allowed. */
function isPiled(text: string, at: number): boolean {
  let start = at
  for (let count = 0; count < mostMarks; count++) {
    const before = characterBefore(text, start)
    if (!mark.test(before)) return false
    start -= before.length
  }
  return true
}

function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at)
  return code === undefined ? '' : String.fromCodePoint(code)
}

function characterBefore(text: string, at: number): string {
  const isPair = at > 1 && (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00
  return at === 0 ? '' : characterAt(text, at - (isPair ? 2 : 1))
}

function escape(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16).toUpperCase()}}`
}
