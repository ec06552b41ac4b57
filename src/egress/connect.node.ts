import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { IntegrationError } from '../model/errors.js'
import { onAbort } from '../model/race.js'
import { nodeBody } from './body.node.js'
import type { BeforeSend, Dialer, DialerOptions, IncomingResponse, OutgoingRequest } from './dialer.js'
import { closedError } from './closed-error.js'
import { abortError, networkError, reasonOfCode, startsWork } from './network-errors.js'
import { connectTimeoutMs, idleSocketMs } from './limits.js'
import { systemResolve, vet, vettedLookup, type Resolve } from './lookup.node.js'

export interface NodeDialerOptions extends DialerOptions {
  /** All addresses of a host name. `@default` the operating system's resolver */
  readonly resolve?: Resolve | undefined
  /** Trusted CA certificates instead of the platform's, as PEM. */
  readonly ca?: string | undefined
}

/**
 * The dialer under Node: `node:http` with keep-alive, at about half the cost of the platform's `fetch`. A name is resolved
 * once per connection, all its addresses are checked, and the connected address is checked again before a byte is sent.
 */
export function createDialer(options: NodeDialerOptions): Dialer {
  const sockets = new Set<Socket>()
  const phases = new WeakMap<Socket, 'connecting' | 'handshake' | 'open'>()
  const agents = new Map<boolean, Agent>()
  let closed = false

  function agentFor(secure: boolean): Agent {
    const known = agents.get(secure)
    if (known !== undefined) return known
    const made = new (httpModule(secure).Agent)({
      keepAlive: true,
      timeout: idleSocketMs,
      lookup: vettedLookup(options.resolve ?? systemResolve, options.egress, secure),
      ca: options.ca,
    }) as Agent & { createConnection(...args: unknown[]): Socket }
    // Added here, because a listener that is added later runs after Node's own, which sends the request.
    const connect = made.createConnection
    made.createConnection = (...args) => watched(connect.apply(made, args), secure)
    agents.set(secure, made)
    return made
  }

  function watched(socket: Socket, secure: boolean): Socket {
    sockets.add(socket)
    phases.set(socket, 'connecting')
    const stopTimer = options.runtime.setTimer(() => socket.destroy(new ConnectTimeout()), connectTimeoutMs)
    const opened = () => {
      phases.set(socket, 'open')
      stopTimer()
    }
    socket.once('connect', () => {
      try {
        vet(socket.remoteAddress ?? '', options.egress, secure)
        if (secure) phases.set(socket, 'handshake')
        else opened()
      } catch (error) {
        socket.destroy(error as IntegrationError)
      }
    })
    if (secure) socket.once('secureConnect', opened)
    socket.once('close', () => {
      stopTimer()
      sockets.delete(socket)
    })
    return socket
  }

  async function send(request: OutgoingRequest, again = false): Promise<IncomingResponse> {
    const { url, method, body, signal, beforeSend } = request
    let left = false
    if (closed) throw closedError()
    if (signal?.aborted) throw abortError(signal, false)
    const { secure, host, ...place } = placeOf(url)
    const outgoing = httpModule(secure).request({
      agent: agentFor(secure),
      method,
      ...place,
      headers: headersOf(request, host),
    })
    const toError = (error?: unknown): IntegrationError => {
      const phase = (outgoing.socket && phases.get(outgoing.socket)) ?? 'open'
      const mayHaveRun = left && phase === 'open' && startsWork(method)
      if (closed) return closedError(mayHaveRun)
      if (signal?.aborted) return abortError(signal, mayHaveRun)
      if (error instanceof IntegrationError) return error
      if (error instanceof ConnectTimeout) return networkError('connect', url, false)
      if (phase === 'handshake') return networkError('tls', url, false)
      if (phase === 'connecting') return networkError(reasonOfCode(codeOf(error)) ?? 'refused', url, false)
      if (String(codeOf(error)).startsWith('HPE_')) return notHttp(mayHaveRun)
      return networkError('reset', url, mayHaveRun)
    }

    const release = onAbort(signal, () => void outgoing.destroy())
    return new Promise<IncomingResponse>((resolve, reject) => {
      let answered = false
      outgoing.on('response', (incoming) => {
        answered = true
        try {
          resolve({
            status: incoming.statusCode ?? 0,
            headers: receivedHeaders(incoming),
            body: nodeBody(incoming, toError),
          })
        } catch (error) {
          outgoing.destroy()
          reject((error as IntegrationError).with({ mayHaveRun: startsWork(method) }))
        }
      })
      outgoing.on('upgrade', (_incoming, socket) => {
        socket.destroy()
        reject(notHttp(startsWork(method)))
      })
      outgoing.on('error', (error) => {
        release()
        // The server closed a kept-alive connection: a request without effects is sent again.
        const stale = !again && !answered && outgoing.reusedSocket && !startsWork(method) && !signal?.aborted && !closed
        if (stale) resolve(send(request, true))
        else reject(toError(error))
      })
      outgoing.on('close', () => {
        release()
        if (!answered) reject(toError())
      })
      const leave = () => {
        if (outgoing.destroyed) return
        left = true
        outgoing.end(body)
      }
      const leaveChecked = async (check: BeforeSend): Promise<void> => {
        const waited = await hasConnection(outgoing)
        // Nothing is used up for a request that was given up in the meantime.
        if (!outgoing.destroyed) await check(waited)
        leave()
      }
      if (beforeSend === undefined) leave()
      else
        leaveChecked(beforeSend).catch((error: unknown) => {
          reject(error as Error)
          outgoing.destroy()
        })
    })
  }

  /**
   * Resolves when the request has a connection, with whether it waited, once everything else of this moment was handled.
   * Requests that follow responses of one moment then leave together, and a server that waits is woken once for all of
   * them: waking it is most of what writing costs. Nothing is sent before `end()`.
   */
  function hasConnection(outgoing: ClientRequest): Promise<boolean> {
    return new Promise((resolve) =>
      outgoing.once('socket', (socket) => {
        if (phases.get(socket) === 'open') return setImmediate(resolve, false)
        for (const event of ['connect', 'secureConnect'])
          socket.once(event, () => phases.get(socket) === 'open' && !socket.destroyed && setImmediate(resolve, true))
      }),
    )
  }

  async function close(): Promise<void> {
    closed = true
    await Promise.all(
      Array.from(sockets, async (socket) => {
        const gone = new Promise((resolve) => socket.once('close', resolve))
        socket.destroy()
        await gone
      }),
    )
    for (const agent of agents.values()) agent.destroy()
  }

  return { send, close }
}

/**
 * Node's HTTP, asked for by name and at first use: an import reads every export of `node:http`, which loads the platform's
 * whole `fetch`, and TLS is loaded only for servers that need it.
 */
function httpModule(secure: boolean): typeof import('node:http') | typeof import('node:https') {
  return process.getBuiltinModule(secure ? 'node:https' : 'node:http')
}

class ConnectTimeout extends Error {}

/** The parts of a URL, computed once: a platform's `URL` computes a part at each access. */
function placeOf(url: URL): Place {
  const known = places.get(url)
  if (known !== undefined) return known
  const secure = url.protocol === 'https:'
  const place = {
    secure,
    host: url.host,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : url.port,
    path: url.pathname + url.search,
  }
  places.set(url, place)
  return place
}

interface Place {
  readonly secure: boolean
  readonly host: string
  readonly hostname: string
  readonly port: string | number
  readonly path: string
}

const places = new WeakMap<URL, Place>()

/** Headers as a flat list, which Node writes unchanged. */
function headersOf({ headers, body, method }: OutgoingRequest, host: string): string[] {
  const list = ['host', host]
  for (const [name, value] of headers) list.push(name, value)
  if (body !== undefined) list.push('content-length', String(Buffer.byteLength(body)))
  else if (startsWork(method)) list.push('content-length', '0')
  return list
}

/** Drops cookies: they are not stored, and must not leak. */
function receivedHeaders(incoming: IncomingMessage): [string, string][] {
  const { rawHeaders } = incoming
  const headers: [string, string][] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.toLowerCase() !== 'set-cookie') headers.push([name, rawHeaders[index + 1]!])
  }
  return headers
}

function notHttp(mayHaveRun: boolean): IntegrationError {
  return new IntegrationError('protocol_error', 'The server sent an invalid HTTP response. Check the URL.', {
    mayHaveRun,
  })
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown } | undefined)?.code
}
