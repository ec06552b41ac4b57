import { IntegrationError, isIntegrationError } from '../model/errors.js'
import { wordsIn, type Doing } from './http-error.js'

/** What answers is not an MCP server. */
export function notMcp(doing: Doing, what: 'A web page' | 'Something else' = 'A web page'): IntegrationError {
  return new IntegrationError(
    'not_mcp',
    `${what} answers at this URL, not an MCP server. Check the path: the path of an MCP server often ends in /mcp or /sse.`,
    { mayHaveRun: doing === 'call' },
  )
}

/** The answer to a request was lost: nobody knows whether the request was carried out. */
export function lostAnswer(): IntegrationError {
  return new IntegrationError('unreachable', 'The connection ended before the server responded.', {
    reason: 'reset',
    mayHaveRun: true,
  })
}

/** The server no longer knows the session: a request in it was refused before anything was done. */
export function sessionLost(httpStatus?: number, body = ''): IntegrationError {
  return new IntegrationError('session_lost', 'The server no longer knows the session.', {
    httpStatus,
    serverMessage: wordsIn(body),
  })
}

/** The server speaks other revisions: nothing was done. */
export function unsupportedVersion(): IntegrationError {
  return new IntegrationError('protocol_error', 'The server does not support the expected MCP revision.', {
    reason: 'unsupported_version',
  })
}

/** The server speaks MCP and sent something that MCP doesn't allow. */
export function brokenProtocol(mayHaveRun: boolean): IntegrationError {
  return new IntegrationError(
    'protocol_error',
    "The server sent an invalid MCP message. Report it to the server's author.",
    { mayHaveRun },
  )
}

/** No request reached the server, or its answer did not reach us. */
export function unreachable(reason: string, mayHaveRun: boolean): IntegrationError {
  return new IntegrationError('unreachable', 'The server could not be reached.', { reason, mayHaveRun })
}

/** The connection ended before an answer. */
export function isReset(failure: Error): boolean {
  return isIntegrationError(failure) && failure.code === 'unreachable' && failure.reason === 'reset'
}

export function isSessionLost(failure: Error): boolean {
  return isIntegrationError(failure) && failure.code === 'session_lost'
}
