import type { Client } from '@modelcontextprotocol/client'
import type { JsonValue } from '../model/json.js'
import type { OpenOptions, ServerProfile } from './connection-contract.js'
import type { GuardedTransport } from './guarded-transport.js'
import { serverInfo } from './server-info.js'

/** What a connection found out about its server, for the next one. */
export function profileOf(
  client: Client,
  transport: GuardedTransport,
  kind: ServerProfile['transport'],
  { elicits, runtime }: OpenOptions,
): ServerProfile {
  const era = client.getProtocolEra() ?? 'legacy'
  const discover = client.getDiscoverResult()
  const { sessionId } = transport
  return {
    era,
    transport: kind,
    protocolVersion: client.getNegotiatedProtocolVersion() ?? '',
    at: runtime.now(),
    discover: era === 'modern' && discover !== undefined ? (discover as unknown as JsonValue) : undefined,
    sessionId: sessionId === undefined || elicits ? undefined : sessionId,
    serverCapabilities: (client.getServerCapabilities() ?? {}) as JsonValue,
    server: serverInfo(client),
  }
}

/** Nothing new was found out: there is no session, or it is this connection's own. */
export function sameAs(
  known: ServerProfile | undefined,
  client: Client,
  transport: GuardedTransport,
  elicits: boolean,
): boolean {
  const sessionless = known?.sessionId === undefined && transport.sessionId === undefined
  return (elicits || sessionless) && known?.protocolVersion === client.getNegotiatedProtocolVersion()
}
