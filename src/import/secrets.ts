/** Names of headers, variables and query parameters with credentials. */
const secretName = /auth|key|token|secret|passw|credential|cookie|session|bearer|signature|^sig$|^pat$/i

/** Whether a value under this name is a secret: by its name, or because it looks like one. */
export function isSecret(name: string, value: string): boolean {
  return secretName.test(name) || looksRandom(value)
}

/** A URL to show, with user, password and secret query values masked. */
export function maskUrl(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, '$1…@')
    .replace(
      /([?&;#]|%3F|%26)([^=?&;#]{1,200})=((?:(?!%3F|%26)[^&;#])*)/gi,
      (whole, mark: string, name: string, value: string) =>
        value !== '' && isSecret(name, value) ? `${mark}${name}=…` : whole,
    )
}

/** Whether a value looks random: at least 24 characters with letters and digits mixed. */
function looksRandom(value: string): boolean {
  return value
    .split(/[^A-Za-z0-9_+/=-]+/)
    .some((run) => run.length >= 24 && /\d/.test(run) && /[A-Za-z]/.test(run) && bitsPerCharacter(run) > 3.3)
}

/** Shannon entropy of the characters. */
function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  return [...counts.values()].reduce((bits, n) => bits - (n / text.length) * Math.log2(n / text.length), 0)
}
