import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import { headerOf } from '../model/lean-response.js'
import { again } from './first-message.js'
import type { Awaited } from './wire-message.js'

/**
 * The response to a request that was sent before the SDK's client sends the same. It is used once: the next caller gets
 * what came, or the error that came instead of it.
 */
export class EarlyAnswer {
  readonly method: string
  readonly sentAs: number
  /** It did not come in time: whoever gets it need not wait again. */
  isLate = false
  readonly #stop = new AbortController()
  readonly #read: Promise<JSONRPCMessage | Response>
  #head: Response | undefined

  constructor(
    { id, method }: Awaited & { readonly id: number },
    how: {
      send(signal: AbortSignal): Promise<Response>
      /** The only message of a response, or the same response once more. */
      read(response: Response): Promise<JSONRPCMessage | Response>
    },
  ) {
    this.method = method
    this.sentAs = id
    this.#read = how.send(this.#stop.signal).then((response) => how.read((this.#head = response)))
    this.#read.catch(() => undefined)
  }

  /** Its only message; `undefined` where it is anything else. */
  message(): Promise<JSONRPCMessage | undefined> {
    return this.#read.then(
      (read) => (read instanceof Response ? undefined : read),
      () => undefined,
    )
  }

  /** The whole of it, as if it came now. */
  async response(): Promise<Response> {
    const read = await this.#read
    return read instanceof Response ? read : again(this.#head!, 'application/json', JSON.stringify(read))
  }

  /** A header of the response, once it came. */
  header(name: string): string | null {
    return this.#head === undefined ? null : headerOf(this.#head, name)
  }

  cancel(reason?: Error): void {
    this.#stop.abort(reason)
  }
}
