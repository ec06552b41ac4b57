import type { LocalServer } from '../ports/local-server.js'
import { StdioTransport } from './stdio-transport.js'

/** Options of {@link stdioServer}. */
export interface StdioServerOptions {
  /** The program, e.g. `process.execPath`. What it starts itself is ended with it, except on Windows, where wrappers such as `npx` leave their child process running. */
  readonly command: string
  /** @default [] */
  readonly args?: readonly string[] | undefined
  /** The whole environment. `@default` `HOME`, `PATH`, `SHELL`, `TERM`, `USER` and similar variables of this process, without its secrets */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** @default the current directory */
  readonly cwd?: string | undefined
  /**
   * Called with the server's error output, which usually says why a server does not start. The text may contain secrets of
   * the server. `@default` discarded
   */
  readonly onStderr?: ((text: string) => void) | undefined
}

/**
 * An MCP server that runs as a process of this machine and speaks over its standard streams. Only host code
 * can choose the program: pass it to a connector, which stored integrations refer to by id.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 *
 * @example
 * ```ts
 * // examples/guides/local.ts#local
 * const files = stdioServer({ command: process.execPath, args: [program, folder] })
 * const registry = new IntegrationRegistry({
 *   storage: memoryStorage(),
 *   credentials: encryptedCredentials({ keys: [{ id: '2026-01', secret: new Uint8Array(32).fill(1) }] }), // yours
 *   agents: ['assistant'],
 *   connectors: [{ id: 'files', name: 'Files', local: files, auth: 'none' }],
 * })
 * const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana' })
 * await mine.connect({ connector: 'files', agents: ['assistant'] })
 * ```
 */
export function stdioServer({ command, args = [], env, cwd, onStderr }: StdioServerOptions): LocalServer {
  return {
    type: 'local',
    open: ({ maxMessageBytes } = {}) =>
      Promise.resolve(new StdioTransport({ command, args: [...args], env, cwd, onStderr, maxMessageBytes })),
  }
}
