import type { Client } from '@modelcontextprotocol/client'
import { nestsWithin, type JsonObject } from '../model/json.js'
import { visibleSchema } from '../model/visible-schema.js'
import { visibleText } from '../model/visible-text.js'
import type { ElicitAnswer, ElicitQuestion } from '../ports/elicit.js'
import type { CallClock } from './call-clock.js'
import type { CallOptions } from './connection-contract.js'

/** The call that questions of a server belong to. */
export interface Asking {
  readonly elicit?: CallOptions['elicit'] | undefined
  readonly clock: CallClock
  /** The number of questions so far. */
  asked: number
}

/**
 * Passes questions of a server, in either form (a request, or a part of a multi-round-trip result), to the running call.
 * Without a running call, or if the host's callback fails, the server receives `cancel`.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation
 */
export function answerQuestions(client: Client, asking: () => Asking | undefined): void {
  client.setRequestHandler('elicitation/create', async ({ params }, { mcpReq }) => {
    const call = asking()
    if (call?.elicit === undefined || call.asked++ >= maxQuestions) return { action: 'cancel' as const }
    const question = questionOf(params as unknown as Readonly<Record<string, unknown>>)
    const { elicit, clock } = call
    const signal = AbortSignal.any([mcpReq.signal, clock.signal])
    const answer = await clock
      .pausedForElicitation(() => clock.race(elicit(question, { signal })))
      .catch(() => undefined)
    return wireAnswer(question, answer)
  })
}

/** The maximum number of questions in one call. */
const maxQuestions = 20

/** The maximum length of a message, in characters. The next constant: of a schema. */
const maxMessage = 10_000
const maxSchema = 128 * 1024

/** The question for a person, with invisible characters escaped. */
function questionOf(params: Readonly<Record<string, unknown>>): ElicitQuestion {
  const message = typeof params.message === 'string' ? visibleText(params.message, maxMessage) : ''
  if (params.mode === 'url') return { mode: 'url', message, url: checkedUrl(params.url) }
  const { requestedSchema } = params
  if (typeof requestedSchema !== 'object' || requestedSchema === null || !nestsWithin(requestedSchema, 9))
    throw refused('The requested schema is not a flat object.')
  if (JSON.stringify(requestedSchema).length > maxSchema) throw refused('The requested schema is too large.')
  return { mode: 'form', message, requestedSchema: visibleSchema(requestedSchema as JsonObject) }
}

/** Accepts only URLs that are safe to open: `https:`, or a loopback address. */
function checkedUrl(given: unknown): string {
  if (typeof given !== 'string' || !URL.canParse(given)) throw refused('The URL is not valid.')
  const url = new URL(given)
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) throw refused('The URL must be https.')
  if (url.username !== '' || url.password !== '') throw refused('The URL must not contain credentials.')
  return url.href
}

/** An error that is sent to the server as invalid params. Not the SDK's own error, because the tool may already run. */
function refused(why: string): Error {
  return Object.assign(new Error(why), { code: -32602 })
}

/** The answer in MCP's form. Only a form has content; the SDK fills missing fields with the schema's defaults. */
function wireAnswer(question: ElicitQuestion, answer: ElicitAnswer | undefined) {
  if (answer?.action === 'decline') return { action: 'decline' as const }
  if (answer?.action !== 'accept') return { action: 'cancel' as const }
  if (question.mode === 'url') return { action: 'accept' as const }
  return {
    action: 'accept' as const,
    content: { ...(answer.content as Record<string, string | number | boolean | string[]> | undefined) },
  }
}
