import { withoutSecrets } from '../../model/secret-words.js'
import { visibleLines } from '../../model/visible-text.js'
import type { AuthorizedInit } from '../../oauth/authorized-fetch.js'

type Fetch = (url: string | URL, init?: AuthorizedInit) => Promise<Response>

/**
 * Cleans a server's text for display: at most 2,000 characters, without invisible characters, without the secrets that
 * were sent to the server.
 */
export interface ServerWords {
  /** Wraps `fetch`; remembers the credentials of requests. */
  watching(fetch: Fetch): Fetch
  clean(text: string): string
}

const maxCharacters = 2_000
/** Values of the latest requests: tokens change over time. */
const maxSecrets = 32
/** Shorter values are unlikely to be secrets, and removing them would damage ordinary text. */
const minSecret = 4

/** Shorter parts of a URL are no keys, and neither are those that consist of words. */
const minSecretInUrl = 12
const words = /^[A-Z]?[a-z]{1,20}(?:[-_.][A-Z]?[a-z]{1,20})*$/

/** Remembers the secrets of one connection, in memory only. Those in its URL are known from the start. */
export function serverWords(url?: string): ServerWords {
  const ofUrl = url === undefined ? [] : secretsIn(new URL(url))
  const secrets = new Set<string>()
  const note = (secret: string): void => {
    if (secret.length < minSecret) return
    secrets.delete(secret)
    secrets.add(secret)
    if (secrets.size > maxSecrets) secrets.delete(secrets.values().next().value!)
  }
  return {
    watching: (fetch) => (to, init) => {
      for (const [name, value] of entriesOf(init?.headers)) {
        if (ofTheProtocol.test(name)) continue
        note(value)
        for (const part of value.split(/[\s,;=:]+/)) if (part.length >= 8) note(part)
      }
      return fetch(to, init)
    },
    clean(text) {
      return visibleLines(withoutSecrets(text, [...ofUrl, ...secrets]), maxCharacters).shown
    },
  }
}

/** Long parts of the path and the query, names included: some servers take an API key there, also behind a colon. */
function secretsIn({ pathname, searchParams }: URL): readonly string[] {
  const parts = [...pathname.split('/'), ...searchParams.keys(), ...searchParams.values()]
  const ofParts = parts.flatMap((part) => part.split(/[:;,=@&]+/))
  return [...new Set([...parts, ...ofParts])].filter((part) => part.length >= minSecretInUrl && !words.test(part))
}

function entriesOf(headers: RequestInit['headers']): Iterable<readonly [string, string]> {
  if (headers instanceof Headers || Array.isArray(headers)) return headers as Iterable<[string, string]>
  return Object.entries((headers ?? {}) as Record<string, string>)
}

/** Headers without a credential. */
const ofTheProtocol = /^(?:accept(?:-.*)?|content-.*|mcp-(?!session-id).*|last-event-id|user-agent)$/i
