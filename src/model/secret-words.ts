/** Shorter parts of a secret at the end of a text are unlikely to be one. */
const minPart = 8

/**
 * A text with `[removed]` in place of each secret, in whatever letter case and however often percent-encoded it is there.
 * A secret that the end of the text cuts off is removed too.
 */
export function withoutSecrets(text: string, secrets: Iterable<string>): string {
  const { letters, starts } = plainSpelling(text)
  const spans: (readonly [number, number])[] = []
  for (const secret of secrets) {
    // Of a secret that is longer than the text, only the beginning can be in it.
    const { letters: sought } = plainSpelling(secret, letters.length + 1)
    if (sought === '') continue
    for (let at = letters.indexOf(sought); at >= 0; at = letters.indexOf(sought, at + sought.length))
      spans.push([at, at + sought.length])
    const cut = cutOffAt(letters, sought)
    if (cut !== undefined) spans.push([cut, letters.length])
  }
  let kept = ''
  let from = 0
  for (const [start, end] of spans.toSorted(([a], [b]) => a - b)) {
    if (start >= from) kept += `${text.slice(starts[from], starts[start])}[removed]`
    from = Math.max(from, end)
  }
  return kept + text.slice(starts[from])
}

/** The words that contain no secret, and are no long part of one, in any spelling. */
export function wordsWithoutSecrets(words: readonly string[], secrets: readonly string[]): readonly string[] {
  const kept = secrets.map((secret) => plainSpelling(secret).letters)
  return words.filter((word) => {
    const said = plainSpelling(word).letters
    return !kept.some((secret) => said.includes(secret) || (said.length >= minPart && secret.includes(said)))
  })
}

/**
 * The letters in lower case and without percent-encoding, and where each of them starts in the text; its end, too.
 *
 * @param most - the rest of the text is left out after so many letters
 */
function plainSpelling(
  text: string,
  most = Number.POSITIVE_INFINITY,
): { readonly letters: string; readonly starts: readonly number[] } {
  const starts: number[] = []
  let letters = ''
  // An encoded percent sign may stand before the digits, as often as the text was encoded.
  for (const { 0: written, 1: hex, index } of text.matchAll(/%(?:25)*([0-9a-f]{2})|[^]/gi)) {
    const letter = hex === undefined ? written : String.fromCharCode(Number.parseInt(hex, 16))
    const lower = letter.toLowerCase()
    letters += lower.length === 1 ? lower : letter
    starts.push(index)
    if (letters.length >= most) break
  }
  return { letters, starts: [...starts, text.length] }
}

/**
 * Where the beginning of a secret stands at the end of a text. Reads each character once, however often a secret repeats
 * itself.
 *
 * @see https://en.wikipedia.org/wiki/Knuth–Morris–Pratt_algorithm
 */
function cutOffAt(text: string, secret: string): number | undefined {
  const borders = bordersOf(secret)
  const shorter = (length: number): number => borders[length - 1] ?? 0
  let length = 0
  for (let at = Math.max(0, text.length - secret.length); at < text.length; at++) {
    if (length === secret.length) length = shorter(length)
    while (length > 0 && text[at] !== secret[length]) length = shorter(length)
    if (text[at] === secret[length]) length++
  }
  if (length === secret.length) length = shorter(length)
  return length >= minPart ? text.length - length : undefined
}

/** For each position, how much of the beginning the text up to it ends with, too (the failure function of Knuth, Morris and Pratt). */
function bordersOf(text: string): readonly number[] {
  const borders = [0]
  for (let at = 1, length = 0; at < text.length; at++) {
    while (length > 0 && text[at] !== text[length]) length = borders[length - 1]!
    if (text[at] === text[length]) length++
    borders.push(length)
  }
  return borders
}
