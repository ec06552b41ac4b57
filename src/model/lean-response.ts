/** A body that is pulled chunk by chunk: only requested bytes are read from the network. */
export interface BodySource {
  /** The next decoded bytes; `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>
  /** Releases the connection. Safe at any time. */
  cancel(): void
}

/** A response that is read without `Headers` and `ReadableStream`, which cost more than the rest of a request. */
export interface LeanResponse extends Response {
  /** One header. Several values are joined as `Headers` does. */
  header(name: string): string | null
  /** The body as chunks, with the same size limits as `text()`; `null` if there is none. Use it instead of `body`. */
  chunks(): BodySource | null
}

/** One header of any response. */
export function headerOf(response: Response, name: string): string | null {
  return isLean(response) ? response.header(name) : response.headers.get(name)
}

/** The body of any response as chunks. */
export function chunksOf(response: Response): BodySource | null {
  if (isLean(response)) return response.chunks()
  return response.body && streamBody(response.body)
}

/** A platform's stream as a {@link BodySource}. */
export function streamBody(stream: ReadableStream<Uint8Array>): BodySource {
  const reader = stream.getReader()
  return {
    read: async () => (await reader.read()).value,
    cancel: () => void reader.cancel().catch(() => undefined),
  }
}

/** The media type of a response, without parameters. */
export function mediaTypeOf(response: Response): string {
  const [essence = ''] = (headerOf(response, 'content-type') ?? '').split(';', 1)
  return essence.trim().toLowerCase()
}

function isLean(response: Response): response is LeanResponse {
  return 'chunks' in response && 'header' in response
}
