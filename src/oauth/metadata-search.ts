import { isIntegrationError, type IntegrationError } from '../model/errors.js'
import { refuse } from './endpoint.js'
import { deadlines, failure, jsonObject, send } from './requests.js'
import type { JsonObject } from '../model/json.js'
import type { OAuthEnvironment } from './environment.js'

/** The time limit of a metadata search. */
export interface SearchLimits {
  readonly signal?: AbortSignal | undefined
  /** The end of the search by the runtime's clock, in ms since the epoch. */
  readonly until: number
}

/** Reasons for a document about another server: more helpful to report than other errors. */
const mismatches: ReadonlySet<string | undefined> = new Set(['resource_mismatch', 'issuer_mismatch'])

/**
 * Requests the URLs in order until one returns the right document. Other responses are skipped.
 *
 * @param read - parses a document, or throws if it is not the right one
 * @returns `undefined` if no URL has a document
 * @throws IntegrationError the most helpful of the errors: a mismatch, otherwise the first
 */
export function firstValid<T>(
  env: OAuthEnvironment,
  urls: readonly URL[],
  read: (document: JsonObject) => T,
  limits: SearchLimits,
): Promise<T | undefined> {
  return firstFound(urls, async (url) => {
    const document = await readDocument(env, url, limits)
    return document === undefined ? undefined : read(document)
  })
}

/**
 * Tries the candidates in order. Missing documents and errors are skipped.
 *
 * @returns the first result; `undefined` if there is none
 * @throws IntegrationError the most helpful of the errors: a mismatch, otherwise the first
 */
export async function firstFound<From, T>(
  candidates: readonly From[],
  search: (candidate: From) => Promise<T | undefined>,
): Promise<T | undefined> {
  let worst: IntegrationError | undefined
  for (const candidate of candidates) {
    try {
      const found = await search(candidate)
      if (found !== undefined) return found
    } catch (error) {
      if (!isIntegrationError(error) || error.code === 'aborted') throw error
      if (worst === undefined || (mismatches.has(error.reason) && !mismatches.has(worst.reason))) worst = error
    }
  }
  if (worst !== undefined) throw worst
  return undefined
}

/**
 * Requests a metadata document.
 *
 * @returns `undefined` if it doesn't exist: for any 4xx, and for the HTML page that some servers return for every URL
 */
async function readDocument(
  env: OAuthEnvironment,
  url: URL,
  { signal, until }: SearchLimits,
): Promise<JsonObject | undefined> {
  const timeoutMs = Math.max(1, Math.min(deadlines.metadata, until - env.runtime.now()))
  const init = { method: 'GET', headers: { accept: 'application/json' } }
  const response = await send(env, url, init, { purpose: 'metadata', timeoutMs, signal })
  const { status } = response
  // A transforming proxy returns 203.
  if (status >= 200 && status < 300 && status !== 204) return jsonObject(response.body)
  if (status >= 500 || status === 408 || status === 425 || status === 429) throw failure(response)
  if (status >= 400) return undefined
  throw refuse('metadata_invalid', `The response to a request for OAuth metadata (HTTP ${status}) can't be read.`)
}
