import type { Client } from '@modelcontextprotocol/client'
import { nestsWithin, type JsonObject } from '../model/json.js'
import { visibleSchema } from '../model/visible-schema.js'
import { visibleText } from '../model/visible-text.js'
import type { ElicitAnswer, ElicitQuestion } from '../ports/elicit.js'
import type { CallClock } from './call-clock.js'
import type { ToolCallOptions } from './connection-contract.js'

/** The call that questions of a server belong to. */
export interface Asking {
  readonly elicit?: ToolCallOptions['elicit'] | undefined
  readonly clock: CallClock
  /** Questions so far. */
  asked: number
}

/**
 * Lets questions of a server, in either form (a request of its own, or part of a multi-round-trip answer), reach the
 * call that is running. Without one, or when the host fails to answer, the server receives `cancel`.
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

/** Of one call: nobody is asked without end. */
const maxQuestions = 20

/** A question is a few sentences and a few fields. In characters. */
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

/** Only a URL that a person may safely open: https, or this machine. */
function checkedUrl(given: unknown): string {
  if (typeof given !== 'string' || !URL.canParse(given)) throw refused('The URL is not valid.')
  const url = new URL(given)
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) throw refused('The URL must be https.')
  if (url.username !== '' || url.password !== '') throw refused('The URL must not hold credentials.')
  return url.href
}

/** Sent to the server as invalid params. Not the SDK's own error, because the server's work may have begun. */
function refused(why: string): Error {
  return Object.assign(new Error(why), { code: -32602 })
}

/** Content goes along with a form only; fields left out are filled by the SDK from the schema's defaults. */
function wireAnswer(question: ElicitQuestion, answer: ElicitAnswer | undefined) {
  if (answer?.action === 'decline') return { action: 'decline' as const }
  if (answer?.action !== 'accept') return { action: 'cancel' as const }
  if (question.mode === 'url') return { action: 'accept' as const }
  return {
    action: 'accept' as const,
    content: { ...(answer.content as Record<string, string | number | boolean | string[]> | undefined) },
  }
}
