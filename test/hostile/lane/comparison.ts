import type { BareResult } from './bare-client.js'
import type { CaseResult } from './run-case.js'

/** The page that compares the SDK's client with the registry, written by `npm run test:hostile -- --write`. */
export function comparison(rows: readonly (readonly [CaseResult, BareResult | undefined])[]): string {
  const compared = rows.flatMap(([{ name, outcome, problems }, bare]) => {
    if (bare === undefined) return []
    const sdk = [bare.outcome, ...bare.costs].join(', ')
    return [`| ${name} | ${sdk} | ${[outcome, ...problems].join(', ')} |`]
  })
  return `${head}${compared.join('\n')}\n`
}

const head = `# Hostile servers, with and without the registry

The SDK's client (\`@modelcontextprotocol/client\`) and the registry meet the same hostile servers: connect, list the tools, call one. The client gets the timeouts that the registry has; everything else is its default. A client is not a gate: bounds on what strangers send are the work of what is built on it, and this page shows which.

\`npm run test:hostile -- --write\` writes this page. No check compares it with a new run. How each case is made stands in \`test/hostile/\`; authorization servers are left out, because the client leaves sign-ins to its host.

- *memory without a bound*: more than 64 MiB for one answer. *stops the process*: nothing else had a turn for more than 200 ms. *takes longer than it may*: more than all its timeouts together. *never ends*: ended by force after 20 s.
- Ours is the outcome of the call, or the code of its error. No case may do any of these with the registry: \`npm run test:hostile\` fails then.

| hostile server | SDK client | registry |
|---|---|---|
`
