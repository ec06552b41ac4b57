import { IntegrationError, isIntegrationError } from '../model/errors.js'
import { wordsIn, type Doing } from './http-error.js'

/** The error for a URL without an MCP server. */
export function notMcp(doing: Doing, what: 'A web page' | 'Something else' = 'A web page'): IntegrationError {
  return new IntegrationError(
    'not_mcp',
    `${what} responds at this URL, not an MCP server. Check the path: the path of an MCP server often ends in /mcp or /sse.`,
    { mayHaveRun: doing === 'call' },
  )
}

/** The error for a lost response, after which the outcome of the request is unknown. */
export function lostAnswer(): IntegrationError {
  return new IntegrationError('unreachable', 'The connection ended before the server responded.', {
    reason: 'reset',
    mayHaveRun: true,
  })
}

/** The error for a lost session. The server refused the request before it did anything. */
export function sessionLost(httpStatus?: number, body = ''): IntegrationError {
  return new IntegrationError('session_lost', 'The server no longer knows the session.', {
    httpStatus,
    serverMessage: wordsIn(body),
  })
}

/** The error for a server of other MCP revisions, which did nothing. */
export function unsupportedVersion(): IntegrationError {
  return new IntegrationError('protocol_error', 'The server does not support the expected MCP revision.', {
    reason: 'unsupported_version',
  })
}

/** The error for an MCP server that sent an invalid message. */
export function brokenProtocol(mayHaveRun: boolean): IntegrationError {
  return new IntegrationError(
    'protocol_error',
    "The server sent an invalid MCP message. Report it to the server's author.",
    { mayHaveRun },
  )
}

/** The error for a request that didn't reach the server, or whose response didn't arrive. */
export function unreachable(reason: string, mayHaveRun: boolean): IntegrationError {
  return new IntegrationError('unreachable', 'The server could not be reached.', { reason, mayHaveRun })
}

/** Whether the connection ended before a response. */
export function isReset(failure: Error): boolean {
  return isIntegrationError(failure) && failure.code === 'unreachable' && failure.reason === 'reset'
}

export function isSessionLost(failure: Error): boolean {
  return isIntegrationError(failure) && failure.code === 'session_lost'
}
