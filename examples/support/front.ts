import { once } from 'node:events'
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A small front before a server on this machine: counts what reaches it, and may ask for a header. */
export interface Front {
  /** The MCP endpoint behind it. */
  readonly url: string
  /** Requests so far, refused ones too. */
  readonly requests: number
  close(): Promise<void>
}

/**
 * @param port - of the server behind it
 * @param wanted - headers, in lower case: a request without them is answered 401
 */
export async function startFront(port: number, wanted: Readonly<Record<string, string>> = {}): Promise<Front> {
  let requests = 0
  const server = createServer((incoming, response) => {
    requests++
    if (Object.entries(wanted).some(([name, value]) => incoming.headers[name] !== value)) {
      response.writeHead(401).end()
      return
    }
    const { method, url: path } = incoming
    // Some servers answer to their own address only.
    const headers = { ...incoming.headers, host: `127.0.0.1:${port}` }
    const onward = forward({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    incoming.pipe(onward)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    get requests() {
      return requests
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
