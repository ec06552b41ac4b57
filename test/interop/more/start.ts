import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Connector } from 'mcp-integrations'
import { stdioServer } from 'mcp-integrations/stdio'
import { startFront } from '../../../examples/support/front.js'
import { startServerProcess } from '../../../examples/support/server-process.js'
import { cleanEnvironment } from '../../support/real-servers.js'
import type { Recipe } from './recipes.js'

/** A server that a registry can connect by its connector, and how many requests it got. */
export interface Started {
  readonly connector: Connector
  /** Over HTTP: HTTP requests; over standard streams: JSON-RPC requests. */
  readonly requests: () => number
  stop(): Promise<void>
}

/** What is the same of every connector here: the labels of its server are believed, as a host would after a look at it. */
const trusted = { id: 'server', name: 'Server', auth: 'none', trusted: true } as const
const offline = `--import=${pathToFileURL(resolve('test/interop/servers/offline.mjs')).href}`

/** Starts it for each connection, as a process that speaks over its standard streams. */
export async function overStdio(recipe: Recipe, packages: string): Promise<Started> {
  const home = await mkdtemp(join(tmpdir(), 'mcp-server-'))
  const inner = stdioServer({
    command: process.execPath,
    args: [join(packages, recipe.package, recipe.script), ...(recipe.args ?? [])],
    env: { ...cleanEnvironment(home), NODE_OPTIONS: offline, ...recipe.env },
    cwd: home,
  })
  let requests = 0
  const open = async (options?: { readonly maxMessageBytes?: number | undefined }) => {
    const transport = (await inner.open(options)) as { send(message: object): Promise<void> }
    const send = transport.send.bind(transport)
    transport.send = (message) => {
      if ('id' in message && 'method' in message) requests++
      return send(message)
    }
    return transport
  }
  return {
    connector: { ...trusted, local: { type: 'local', open } },
    requests: () => requests,
    stop: () => rm(home, { recursive: true, force: true }),
  }
}

/** Starts it once, listening on loopback, behind a front that counts. */
export async function overHttp(recipe: Recipe, packages: string): Promise<Started> {
  const server = await startServerProcess({
    script: join(packages, recipe.package, recipe.script),
    args: (port) => recipe.http?.(port).args ?? [],
    env: (port) => ({ NODE_OPTIONS: offline, ...recipe.env, ...recipe.http?.(port).env }),
  })
  const front = await startFront(server.port)
  return {
    connector: { ...trusted, url: front.url },
    requests: () => front.requests,
    async stop() {
      await front.close()
      await server.stop()
    },
  }
}
