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
    const { letters: sought } = plainSpelling(secret)
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

/** Whether a word contains a secret, or is a long part of one, in any spelling. */
export function isPartOfSecret(word: string, secret: string): boolean {
  const [said, kept] = [plainSpelling(word).letters, plainSpelling(secret).letters]
  return said.includes(kept) || (said.length >= minPart && kept.includes(said))
}

/** The letters in lower case and without percent-encoding, and where each of them starts in the text; its end, too. */
function plainSpelling(text: string): { readonly letters: string; readonly starts: readonly number[] } {
  const starts: number[] = []
  let letters = ''
  // An encoded percent sign may stand before the digits, as often as the text was encoded.
  for (const { 0: written, 1: hex, index } of text.matchAll(/%(?:25)*([0-9a-f]{2})|[^]/gi)) {
    const letter = hex === undefined ? written : String.fromCharCode(Number.parseInt(hex, 16))
    const lower = letter.toLowerCase()
    letters += lower.length === 1 ? lower : letter
    starts.push(index)
  }
  return { letters, starts: [...starts, text.length] }
}

/** Where the beginning of a secret stands at the end of a text. */
function cutOffAt(text: string, secret: string): number | undefined {
  for (let length = Math.min(secret.length - 1, text.length); length >= minPart; length--)
    if (text.endsWith(secret.slice(0, length))) return text.length - length
  return undefined
}
