import { isIntegrationError, type IntegrationError } from '../model/errors.js'
import { refuse } from './endpoint.js'
import { deadlines, failure, jsonObject, send } from './requests.js'
import type { JsonObject } from '../model/json.js'
import type { OAuthEnvironment } from './environment.js'

/** How long looking for metadata may take altogether. */
export interface SearchLimits {
  readonly signal?: AbortSignal | undefined
  /** By the runtime's clock, ms since the epoch. */
  readonly until: number
}

/** What says that a document is about somebody else; more telling than a fault. */
const mismatches: ReadonlySet<string | undefined> = new Set(['resource_mismatch', 'issuer_mismatch'])

/**
 * Asks every place until one has the right document. An answer that isn't the document is no reason to stop.
 *
 * @param read - takes a document for what it should be, or throws why it isn't.
 * @returns `undefined` when every place says that there is none.
 * @throws IntegrationError the most telling of what was met: a mismatch, otherwise the first fault
 */
export function firstRight<T>(
  env: OAuthEnvironment,
  urls: readonly URL[],
  read: (document: JsonObject) => T,
  limits: SearchLimits,
): Promise<T | undefined> {
  return firstThatIs(urls, async (url) => {
    const document = await readDocument(env, url, limits)
    return document === undefined ? undefined : read(document)
  })
}

/**
 * Tries one after the other. What isn't there, and a fault, is no reason to stop.
 *
 * @returns the first that is there; `undefined` when none is.
 * @throws IntegrationError the most telling of what was met: a mismatch, otherwise the first fault
 */
export async function firstThatIs<From, T>(
  places: readonly From[],
  look: (place: From) => Promise<T | undefined>,
): Promise<T | undefined> {
  let met: IntegrationError | undefined
  for (const place of places) {
    try {
      const found = await look(place)
      if (found !== undefined) return found
    } catch (error) {
      if (!isIntegrationError(error) || error.code === 'aborted') throw error
      if (met === undefined || (mismatches.has(error.reason) && !mismatches.has(met.reason))) met = error
    }
  }
  if (met !== undefined) throw met
  return undefined
}

/**
 * Asks for a metadata document.
 *
 * @returns `undefined` when it isn't there: any 4xx, and the page that some servers answer to everything.
 */
async function readDocument(
  env: OAuthEnvironment,
  url: URL,
  { signal, until }: SearchLimits,
): Promise<JsonObject | undefined> {
  const timeoutMs = Math.max(1, Math.min(deadlines.metadata, until - env.runtime.now()))
  const init = { method: 'GET', headers: { accept: 'application/json' } }
  const answer = await send(env, url, init, { purpose: 'metadata', timeoutMs, signal })
  const { status } = answer
  // A proxy that rewrites what passes answers 203.
  if (status >= 200 && status < 300 && status !== 204) return jsonObject(answer.body)
  if (status >= 500 || status === 408 || status === 425 || status === 429) throw failure(answer)
  if (status >= 400) return undefined
  throw refuse('metadata_invalid', `The answer to a request for OAuth metadata, HTTP ${status}, can't be read.`)
}
