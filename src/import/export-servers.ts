import type { Integration } from '../index.js'
import { distinctName } from './distinct-name.js'

/** `mcp.json`: Claude, Cursor and others (`mcpServers`, `${VARIABLE}`). `vscode`: `servers` with `inputs`. */
export type ExportFormat = 'mcp.json' | 'vscode'

/**
 * The integrations as a list for another client, without secrets: each header's value is a variable to fill in. Left out
 * are local servers and integrations with a URL that the actor may not see.
 *
 * @param options - `format`: `@default 'mcp.json'`
 * @returns JSON, indented by two spaces
 *
 * @example
 * ```ts
 * // examples/guides/import.ts#export
 * const list = exportServers(await mine.list(), { format: 'vscode' })
 * ```
 */
export function exportServers(
  integrations: readonly Integration[],
  options: { readonly format?: ExportFormat | undefined } = {},
): string {
  const inputs: { type: 'promptString'; id: string; description: string; password: true }[] = []
  const servers: [string, object][] = []
  const names = new Set<string>()
  const variables = new Set<string>()
  for (const integration of integrations) {
    const { url, name, enabled } = integration
    if (url === undefined) continue
    const headers = (integration.headers ?? []).map(({ name: header }) => {
      const wanted = `${integration.handle}_${header}`.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()
      // Two servers never share a variable: the value for one would be sent to the other.
      const variable = distinctName(wanted, variables, '_')
      inputs.push({ type: 'promptString', id: variable, description: `${header} of ${name}`, password: true })
      return [header, options.format === 'vscode' ? `\${input:${variable}}` : `\${${variable}}`] as const
    })
    servers.push([
      distinctName(name, names),
      {
        type: 'http',
        url: withoutVariables(url),
        headers: headers.length === 0 ? undefined : Object.fromEntries(headers),
        disabled: enabled ? undefined : true,
      },
    ])
  }
  const list = Object.fromEntries(servers)
  const document =
    options.format === 'vscode'
      ? { servers: list, inputs: inputs.length === 0 ? undefined : inputs }
      : { mcpServers: list }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

/** Encodes braces: a client would replace `{NAME}` in the URL with its own variable, and send that to the server. */
function withoutVariables(url: string): string {
  return url.replaceAll('{', '%7B').replaceAll('}', '%7D')
}
