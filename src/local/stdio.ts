import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { LocalServer } from '../ports/local-server.js'

/** What {@link stdioServer} starts. */
export interface StdioServerOptions {
  /** The program, e.g. `process.execPath`. Name the real one: `npx` leaves its child behind when it is ended. */
  readonly command: string
  /** @default [] */
  readonly args?: readonly string[] | undefined
  /** The whole environment. `@default` `HOME`, `PATH`, `SHELL`, `TERM`, `USER` and their like of this process: never its secrets */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** @default the current directory */
  readonly cwd?: string | undefined
}

/**
 * An MCP server that runs as a process of this machine and speaks over its standard streams. Only host code can say what
 * is started: give it to a connector, which stored integrations refer to by id.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
export function stdioServer({ command, args = [], env, cwd }: StdioServerOptions): LocalServer {
  return {
    type: 'local',
    open() {
      const transport = new StdioClientTransport({
        command,
        args: [...args],
        stderr: 'pipe',
        env: env === undefined ? undefined : { ...env },
        cwd,
      })
      // Read and let go: a full pipe would stop the server, and what it says may be secret.
      transport.stderr?.on('data', () => undefined)
      return Promise.resolve(transport)
    },
  }
}
