import { readFileSync } from 'node:fs'
import type { BareResult } from './bare-client.js'
import type { CaseResult } from './run-case.js'

/**
 * The page that compares the SDK's client with the registry, written by `npm run test:hostile -- --write`.
 *
 * @param page as it is: rows of servers that were not met now stay
 * @param servers whose rows it has, in this order; local ones with ` (stdio)` behind their names
 * @throws if rows stay that were made with other versions
 */
export function comparison(
  page: string,
  servers: readonly string[],
  met: readonly (readonly [CaseResult, BareResult | undefined])[],
): string {
  const made = met.flatMap(([result, bare]) => (bare === undefined ? [] : [rowOf(result, bare)]))
  const metNow = new Set(made.map(serverOf))
  const kept = page.split('\n').filter((line) => servers.includes(serverOf(line)) && !metNow.has(serverOf(line)))
  const versions = `\`@modelcontextprotocol/client\` ${clientVersion()}, Node ${process.versions.node}.`
  if (kept.length > 0 && !page.includes(versions))
    throw new Error(
      `The rows that stay were not made with ${versions} Use the versions of the page, or meet all servers.`,
    )
  const rows = servers.flatMap((server) => [...made, ...kept].filter((row) => serverOf(row) === server))
  const transports = [...new Set(rows.map((row) => isRow.exec(row)?.[2]))].join(', ')
  return `${head}Made over: ${transports}. Versions: ${versions}\n\n${table}${rows.join('\n')}\n`
}

function rowOf({ name, outcome, problems }: CaseResult, bare: BareResult): string {
  return `| ${name} | ${[bare.outcome, ...bare.costs].join(', ')} | ${[outcome, ...problems].join(', ')} |`
}

function serverOf(row: string): string {
  const [, name = '', transport] = isRow.exec(row) ?? []
  return transport === 'stdio' ? `${name} (stdio)` : name
}

const isRow = /^\| (.+?) \((\w+)\) \|/

function clientVersion(): string {
  const { version } = JSON.parse(readFileSync('node_modules/@modelcontextprotocol/client/package.json', 'utf8')) as {
    version: string
  }
  return version
}

const head = `# Hostile servers, with and without the registry

The SDK's client (\`@modelcontextprotocol/client\`) and the registry meet the same hostile servers: connect, list the tools, call one. The client gets 3 s to connect and list and 1.5 s for a call, the same as the registry in cases about waiting; everything else is its default. A client is not a gate: what is built on it has to bound what strangers send. This page shows which bounds are needed.

\`npm run test:hostile -- --short --write\` writes this page, with \`--only\` the rows of some servers. No check compares it with a new run. Each case is in \`test/hostile/\`; authorization servers are left out, because the client leaves sign-ins to its host.

- Each server is met twice, and counts for what it did both times. *memory without a bound*: more than 64 MiB for one answer. *stops the process*: nothing else had a turn for more than 200 ms, or longer on a slower machine, measured beside it. *takes longer than it may*: more than all its timeouts together. *never ends*: ended by force after 20 s.
- Ours is the outcome of the call, or the code of its error. No case may do any of these with the registry: \`npm run test:hostile\` fails then.

`

const table = `| hostile server | SDK client | registry |
|---|---|---|
`
