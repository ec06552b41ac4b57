import type { Actor } from '../index.js'
import { rpcError } from './rpc-error.js'

/** The most requests of one person that run at the same time in one process, streams that listen for changes included. */
const maxPerPerson = 100

/** Counts the requests of each person, so that one client can't fill the memory with calls and streams. */
export function requestsInProgress() {
  const running = new Map<string, number>()
  return {
    /** Runs a request of a person, or refuses it with 429. A stream counts until it ends or `signal` aborts. */
    async run({ workspaceId, userId }: Actor, signal: AbortSignal, answer: () => Promise<Response>): Promise<Response> {
      const person = JSON.stringify([workspaceId, userId])
      const before = running.get(person) ?? 0
      if (before >= maxPerPerson)
        return rpcError(429, {
          code: -32000,
          message: `You already have ${maxPerPerson} requests and streams in progress. Try again when one has ended.`,
          headers: { 'retry-after': '5' },
        })
      running.set(person, before + 1)
      const end = once(() => {
        const left = running.get(person)! - 1
        if (left === 0) running.delete(person)
        else running.set(person, left)
      })
      try {
        const response = await answer()
        const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
        if (!isStream || signal.aborted) end()
        else signal.addEventListener('abort', end, { once: true })
        return isStream ? whenRead(response, end) : response
      } catch (error) {
        end()
        throw error
      }
    },
  }
}

function once(work: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    work()
  }
}

/** Calls `done`, perhaps several times, when the body of a response has been read to its end or cancelled. */
export function whenRead(response: Response, done: () => void): Response {
  if (response.body === null) {
    done()
    return response
  }
  const reader = response.body.getReader()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done: ended, value } = await reader.read().catch((error: unknown) => {
        done()
        throw error
      })
      if (!ended) return controller.enqueue(value)
      done()
      controller.close()
    },
    cancel(reason) {
      done()
      return reader.cancel(reason)
    },
  })
  return new Response(body, response)
}
