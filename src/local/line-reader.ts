/** Options of {@link lineReader}. */
export interface LineReaderOptions {
  /** Longer lines are skipped. `@default` no limit */
  readonly maxBytes: number | undefined
  /** Whether to continue reading. */
  isOpen(): boolean
  onLine(line: string, bytes: number): void
  onTooLong(): void
  /** A part of a line that is skipped. */
  onSkipped(bytes: number): void
}

const lineFeed = 0x0a

/**
 * Splits bytes into whole lines of UTF-8. A byte order mark before the first line is dropped.
 *
 * @returns a function that accepts the next bytes
 */
export function lineReader({
  maxBytes = Number.POSITIVE_INFINITY,
  isOpen,
  onLine,
  onTooLong,
  onSkipped,
}: LineReaderOptions) {
  const decoder = new TextDecoder()
  let parts: Uint8Array[] = []
  let bytes = 0
  let skips = false

  const add = (part: Uint8Array): void => {
    bytes += part.byteLength
    if (skips || bytes > maxBytes) {
      if (!skips) onTooLong()
      skips = true
      parts = []
      onSkipped(part.byteLength)
    } else parts.push(part)
  }
  const end = (): void => {
    // The decoder drops a byte order mark.
    if (!skips) onLine(decoder.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts)), bytes)
    parts = []
    bytes = 0
    skips = false
  }

  return (chunk: Uint8Array): void => {
    let rest = chunk
    for (let at = rest.indexOf(lineFeed); at >= 0 && isOpen(); at = rest.indexOf(lineFeed)) {
      add(rest.subarray(0, at))
      end()
      rest = rest.subarray(at + 1)
    }
    if (rest.byteLength > 0 && isOpen()) add(rest)
  }
}
