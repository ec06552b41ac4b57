import { fork } from 'node:child_process'
import { once } from 'node:events'

/** A server of this folder, started as a process. */
export interface Serving {
  readonly url: string
  /** One for each port that it listens on. */
  readonly origins: readonly string[]
  /** Requests it got so far. */
  requests(): Promise<number>
  /** Connections that are open to it, where it counts them. */
  sockets(): Promise<number>
  close(): void
}

export async function serve(program = 'bench/support/server.ts', ...given: readonly string[]): Promise<Serving> {
  const child = fork('scripts/run.mjs', [program, ...given])
  const [{ port, ports = [port] }] = (await once(child, 'message')) as [{ port: number; ports?: readonly number[] }]
  const counts = async (): Promise<{ readonly requests: number; readonly sockets?: number }> => {
    child.send('counts')
    const [message] = (await once(child, 'message')) as [{ requests: number; sockets?: number }]
    return message
  }
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    origins: ports.map((each) => `http://127.0.0.1:${each}`),
    requests: async () => (await counts()).requests,
    sockets: async () => (await counts()).sockets ?? Number.NaN,
    close: () => child.disconnect(),
  }
}
