import type { BodySource } from '../model/lean-response.js'
import { bodyMeter, joined } from './limits.js'

/** Bytes as a {@link BodySource}. */
export function bytesBody(bytes?: Uint8Array): BodySource {
  let rest = bytes
  const take = async () => {
    const chunk = rest
    rest = undefined
    return chunk
  }
  return { read: take, cancel: () => void take() }
}

/**
 * The whole body; cancelled if it is too large.
 *
 * @throws `response_too_large`, and the errors of the source
 */
export async function readWhole(source: BodySource, maxBytes: number): Promise<Uint8Array> {
  const meter = bodyMeter(maxBytes)
  const chunks: Uint8Array[] = []
  try {
    for (let chunk = await source.read(); chunk; chunk = await source.read()) {
      meter.count(chunk)
      chunks.push(chunk)
    }
  } catch (error) {
    source.cancel()
    throw error
  }
  return chunks.length === 1 ? chunks[0]! : joined(chunks)
}
