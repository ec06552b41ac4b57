import { fork } from 'node:child_process'
import { once } from 'node:events'

/** A server of this folder, started as a process. */
export interface Serving {
  readonly url: string
  /** Requests it got so far. */
  requests(): Promise<number>
  close(): void
}

export async function serve(program = 'bench/support/server.ts'): Promise<Serving> {
  const child = fork('scripts/run.mjs', [program])
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async requests() {
      child.send('requests')
      const [{ requests }] = (await once(child, 'message')) as [{ requests: number }]
      return requests
    },
    close: () => child.disconnect(),
  }
}
