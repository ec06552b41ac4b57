import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'

/** What the resolver of this machine says of names beneath `.localhost`; of all others, what it says anyway. */
const answers: Readonly<Record<string, (turn: number) => readonly string[] | string | undefined>> = {
  nowhere: () => 'ENOTFOUND',
  later: () => 'EAI_AGAIN',
  silent: () => undefined,
  empty: () => [],
  inside: () => ['169.254.169.254'],
  mixed: () => ['127.0.0.1', '10.0.0.1'],
  rebound: (turn) => (turn === 1 ? ['127.0.0.1'] : ['10.0.0.1']),
  forgotten: (turn) => (turn === 1 ? ['127.0.0.1'] : 'ENOTFOUND'),
}
const turns = new Map<string, number>()

/** Lets hostile names resolve as hostile resolvers would: `{what}-{run}.localhost`, each run anew. */
export function resolveHostileNames(): void {
  const real = dns.lookup
  const fake = (name: string, options: object, callback: (error: Error | null, found?: unknown) => void): unknown => {
    const what = /^([a-z]+)-[\w-]+\.localhost$/.exec(name)?.[1] ?? ''
    if (!Object.hasOwn(answers, what)) return real(name, options, callback as never)
    const turn = (turns.get(name) ?? 0) + 1
    turns.set(name, turn)
    const said = answers[what]!(turn)
    if (said === undefined) return undefined
    setImmediate(() =>
      typeof said === 'string'
        ? callback(Object.assign(new Error(`getaddrinfo ${said} ${name}`), { code: said }))
        : callback(
            null,
            said.map((address) => ({ address, family: 4 })),
          ),
    )
    return undefined
  }
  Object.assign(dns, { lookup: fake })
  syncBuiltinESMExports()
}

/** A URL of this machine under a hostile name. */
export function named(what: string, url: string): string {
  const run = /run-\d+/.exec(url)?.[0] ?? 'run'
  return url.replace('127.0.0.1', `${what}-${run}.localhost`)
}
