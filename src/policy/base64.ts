/**
 * Base64 in the common alphabet, without white space and padding: servers send either alphabet, in lines or not. Reads each
 * character once, because each replacement in a long text costs far more.
 *
 * @returns `undefined` if it is empty or damaged
 * @see https://www.rfc-editor.org/rfc/rfc4648
 */
export function plainBase64(text: string): string | undefined {
  const bytes = new TextEncoder().encode(text)
  let length = 0
  let isPadded = false
  for (const byte of bytes) {
    const plain = plainBytes[byte]!
    if (plain === blank) continue
    if (plain === padding) isPadded = true
    else if (isPadded || plain === damage) return undefined
    else bytes[length++] = plain
  }
  return length === 0 || length % 4 === 1 ? undefined : ascii.decode(bytes.subarray(0, length))
}

/** The bytes of plain base64. */
export function decodeBase64(base64: string): Uint8Array {
  const binary = atob(base64)
  const bytes = new Uint8Array(binary.length)
  for (let n = 0; n < binary.length; n++) bytes[n] = binary.charCodeAt(n)
  return bytes
}

const ascii = new TextDecoder()
const [damage, blank, padding] = [0, 1, 2] as const

/** By byte: the same byte in the common alphabet, or one of `damage`, `blank`, `padding`. */
const plainBytes = new Uint8Array(256)
for (const byte of new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'))
  plainBytes[byte] = byte
plainBytes[0x2d] = 0x2b // - is +
plainBytes[0x5f] = 0x2f // _ is /
plainBytes[0x3d] = padding
for (const byte of [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20]) plainBytes[byte] = blank
