import { isIntegrationError } from '../model/errors.js'
import { CallClock } from './call-clock.js'
import { connect, type OpenClient } from './connect-client.js'
import type { OpenOptions, ServerProfile } from './connection-contract.js'
import { MayBeOldTransport, type Attempt } from './next-attempt.js'

/**
 * Connects by the given profile, or detects it: the current era first, then the older one, then HTTP+SSE.
 */
export async function openClient(options: OpenOptions, profile: ServerProfile | undefined): Promise<OpenClient> {
  const clock = new CallClock({ runtime: options.runtime, timeoutMs: options.timeoutMs, signal: options.signal })
  const attempt: Attempting = (how, within = clock) => connect(options, how, within)
  const local = 'local' in options.endpoint
  try {
    if (profile !== undefined) {
      try {
        return await attempt({ kind: profile.transport, prior: profile })
      } catch (error) {
        if (!isIntegrationError(error) || !['not_mcp', 'protocol_error', 'session_lost'].includes(error.code))
          throw error
        // The server has changed since the profile was stored.
      }
    }
    return await (local ? findOutLocally(attempt) : findOut(attempt, options))
  } finally {
    clock.stop()
  }
}

async function findOut(attempt: Attempting, options: OpenOptions): Promise<OpenClient> {
  try {
    return await attempt({ kind: 'streamable-http' })
  } catch (error) {
    if (!(error instanceof MayBeOldTransport)) throw error
    return error.unasked
      ? findOutUnasked(error.failure, attempt, options)
      : attempt({ kind: 'sse', prior: 'legacy' }).catch(insteadOfNothing(error.failure))
  }
}

/** If the probe failed completely, HTTP+SSE is more likely, so it is tried before the older handshake. */
async function findOutUnasked(first: Error, attempt: Attempting, options: OpenOptions): Promise<OpenClient> {
  try {
    return await attemptFor(options.timeoutMs / 2, options, attempt, { kind: 'sse', prior: 'legacy' })
  } catch (error) {
    if (!isIntegrationError(error) || !['not_mcp', 'timeout'].includes(error.code)) throw error
    const failure = error.code === 'timeout' ? error : first
    return attempt({ kind: 'streamable-http', prior: 'legacy' }).catch(insteadOfNothing(failure))
  }
}

/** Tries a guess with a part of the time, because other event streams than HTTP+SSE never send an error. */
async function attemptFor(timeoutMs: number, options: OpenOptions, attempt: Attempting, how: Attempt) {
  const clock = new CallClock({ runtime: options.runtime, timeoutMs, signal: options.signal })
  try {
    return await attempt(how, clock)
  } finally {
    clock.stop()
  }
}

/** Replaces the error of the last attempt by the first one if it says nothing new. */
function insteadOfNothing(first: Error): (failure: unknown) => never {
  return (failure) => {
    throw isIntegrationError(failure) && failure.code === 'not_mcp' ? first : failure
  }
}

/** A local server that fails at the probe is started again for the older handshake. */
async function findOutLocally(attempt: Attempting): Promise<OpenClient> {
  try {
    return await attempt({ kind: 'local' })
  } catch (error) {
    const isThere = isIntegrationError(error) && error.code !== 'aborted' && error.reason !== 'no_such_program'
    if (!isThere || error.reason === 'unsupported_version') throw error
    return attempt({ kind: 'local', prior: 'legacy' })
  }
}

type Attempting = (how: Attempt, clock?: CallClock) => Promise<OpenClient>
