import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Readable, Transform } from 'node:stream'
import { IntegrationError } from '../model/errors.js'
import type { BodySource } from '../model/lean-response.js'
import { maxEncodings } from './limits.js'

/**
 * The decoded body of a Node response, read from the network only as fast as it is consumed.
 *
 * @param toError converts an error of the stream
 * @throws `response_too_large` for stacked encodings, `protocol_error` for one that was not requested
 */
export function nodeBody(incoming: IncomingMessage, toError: (error: unknown) => IntegrationError): BodySource {
  const encoding = encodingOf(incoming)
  const encoded = pulled(incoming, toError)
  if (encoding === undefined) return encoded
  let decoder: Transform | undefined
  let decoded: BodySource | undefined

  const begin = async (): Promise<BodySource> => {
    const first = await encoded.read()
    if (!first) return encoded
    const made = (decoder = decoderOf(encoding, first))
    void pump(first, encoded, made).catch((error: Error) => made.destroy(error))
    return pulled(made, (error) => (error instanceof IntegrationError ? error : undecodable()))
  }

  return {
    async read() {
      decoded ??= await begin()
      return decoded.read()
    },
    cancel() {
      encoded.cancel()
      decoder?.destroy()
    },
  }
}

function encodingOf(incoming: IncomingMessage): string | undefined {
  const header = incoming.headers['content-encoding']
  if (header === undefined) return undefined
  const encodings = header
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && !noEncoding.has(name))
  if (encodings.length > maxEncodings) {
    throw new IntegrationError('response_too_large', "The server's response is compressed more than once.")
  }
  const [encoding] = encodings
  if (encoding !== undefined && !known.has(encoding)) {
    throw new IntegrationError('protocol_error', "The server's response has an encoding that was not requested.")
  }
  return encoding
}

function decoderOf(encoding: string, first: Uint8Array): Transform {
  const { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } =
    process.getBuiltinModule('node:zlib')
  if (encoding === 'br') return createBrotliDecompress()
  if (encoding !== 'deflate') return createGunzip()
  // Many servers send raw deflate; the low half of a zlib header's first byte is 8.
  return ((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw()
}

async function pump(first: Uint8Array, source: BodySource, decoder: Transform): Promise<void> {
  for (let chunk: Uint8Array | undefined = first; chunk; chunk = await source.read()) {
    if (!decoder.write(chunk)) await once(decoder, 'drain')
  }
  decoder.end()
}

/** The read-ahead of a stream in bytes: small bodies are read at once, large ones as fast as they are consumed. */
const readAhead = 16 * 1024

function pulled(stream: Readable, toError: (error: unknown) => IntegrationError): BodySource {
  const chunks: Uint8Array[] = []
  let waiting = 0
  let state: 'open' | 'ended' | IntegrationError = 'open'
  /** A read that waits for the next chunk. */
  let waiter: { resolve(chunk: Uint8Array | undefined): void; reject(error: Error): void } | undefined
  const serve = (): void => {
    if (waiter === undefined || (chunks.length === 0 && state === 'open')) return
    const { resolve, reject } = waiter
    const chunk = chunks.shift()
    waiter = undefined
    if (chunk !== undefined) {
      waiting -= chunk.byteLength
      if (waiting < readAhead && stream.isPaused()) stream.resume()
      resolve(chunk)
    } else if (state === 'ended') resolve(undefined)
    else if (state !== 'open') reject(state)
  }
  const settle = (next: typeof state) => {
    if (state === 'open') state = next
    serve()
  }
  stream.on('data', (chunk: Uint8Array) => {
    chunks.push(chunk)
    waiting += chunk.byteLength
    if (waiting >= readAhead) stream.pause()
    serve()
  })
  stream.on('end', () => settle('ended'))
  stream.on('error', (error) => settle(toError(error)))
  stream.on('close', () => state === 'open' && settle(toError(undefined)))

  return {
    read: () =>
      new Promise((resolve, reject) => {
        waiter = { resolve, reject }
        serve()
      }),
    cancel() {
      stream.destroy()
    },
  }
}

function undecodable(): IntegrationError {
  return new IntegrationError('protocol_error', "The server's response doesn't match its content-encoding.")
}

/** `identity`, and character sets that servers send instead of it: the bytes are unchanged. */
const noEncoding = new Set(['identity', 'none', 'utf-8', 'utf8', 'us-ascii', '8bit'])
const known = new Set(['gzip', 'x-gzip', 'deflate', 'br'])
