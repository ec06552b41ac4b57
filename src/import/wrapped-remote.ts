import { asText, asTextEntries, asTexts, type UncheckedObject } from './read-document.js'

/** Programs that connect a client without support for remote servers to a remote server. */
const wrappers = /^(?:@[\w.-]+\/)?(mcp-remote|mcp-proxy|supergateway|mcp-client-bridge)(?:@.*)?$/

/** A remote server behind a local command, e.g. `npx mcp-remote https://… --header "Authorization: Bearer …"`. */
export function wrappedRemote(
  server: UncheckedObject,
):
  | { readonly program: string; readonly url: string; readonly headers: readonly (readonly [string, string])[] }
  | undefined {
  const command = asText(server['command'])
  if (command === undefined) return undefined
  const environment = new Map(asTextEntries(server['env']))
  const given = [...command.split(/\s+/), ...(Array.isArray(server['args']) ? (asTexts(server['args']) ?? []) : [])]
  const words = expanded(given, environment)
  const at = words.findIndex((word) => wrappers.test(word.replace(/^.*[\\/]/, '')))
  const program = wrappers.exec(words[at]?.replace(/^.*[\\/]/, '') ?? '')?.[1]
  const url = words.slice(at + 1).find((word) => /^https?:\/\//i.test(word))
  if (program === undefined || url === undefined) return undefined
  return { program, url, headers: headersIn(words.slice(at + 1)) }
}

/**
 * Fills in the environment variables of a command line.
 *
 * @returns an empty list if it becomes too long: variables that are repeated very often would fill the memory
 */
function expanded(words: readonly string[], environment: ReadonlyMap<string, string>): readonly string[] {
  let left = maxCommandLine
  const filled = words.map((word) =>
    word.replace(/\$\{(\w+)\}/g, (whole, name: string) => {
      const value = environment.get(name) ?? whole
      left -= value.length
      return left < 0 ? '' : value
    }),
  )
  return left < 0 ? [] : filled
}

/** The most characters that variables may add to a command line. */
const maxCommandLine = 131_072

/** `--header "Name: value"`, `--header=Name:value`, `-H "Name: value"` and `--headers Name value`. */
function headersIn(words: readonly string[]): readonly (readonly [string, string])[] {
  return words.flatMap((word, n) => {
    const inline = /^--headers?=([^:]+):\s*(.*)$/.exec(word)
    if (inline !== null) return [[inline[1]!.trim(), inline[2]!.trim()] as const]
    if (!/^(?:--headers?|-H)$/.test(word)) return []
    const pair = /^([^:\s]+):\s*(.*)$/.exec(words[n + 1] ?? '')
    if (pair !== null) return [[pair[1]!, pair[2]!.trim()] as const]
    const [name, value] = [words[n + 1], words[n + 2]]
    return word === '--headers' && name !== undefined && value !== undefined ? [[name, value] as const] : []
  })
}
