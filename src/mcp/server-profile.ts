import type { Client } from '@modelcontextprotocol/client'
import type { JsonValue } from '../model/json.js'
import type { Raw } from './absent.js'
import type { ServerProfile } from './connection-contract.js'
import type { PlainHandshake } from './plain-handshake.js'
import { serverInfo, serverInfoKey } from './server-info.js'

/** What a server and its client agreed on. */
export type Agreement = Omit<ServerProfile, 'transport' | 'at'>

/** What the SDK's client found out about its server. */
export function agreementOf(client: Client, sessionId: string | undefined): Agreement {
  const era = client.getProtocolEra() ?? 'legacy'
  const discover = client.getDiscoverResult()
  return {
    era,
    protocolVersion: client.getNegotiatedProtocolVersion() ?? '',
    discover: era === 'modern' && discover !== undefined ? (discover as unknown as JsonValue) : undefined,
    sessionId,
    serverCapabilities: (client.getServerCapabilities() ?? {}) as JsonValue,
    server: serverInfo(client.getServerVersion(), client.getInstructions()),
  }
}

/** The same, found out without it. */
export function agreementIn(handshake: Exclude<PlainHandshake, { era: 'unknown' }>): Agreement {
  const { era, protocolVersion } = handshake
  const said = era === 'modern' ? handshake.discover : handshake.initialize
  const info = era === 'modern' ? (said._meta as Raw | undefined)?.[serverInfoKey] : said.serverInfo
  return {
    era,
    protocolVersion,
    discover: era === 'modern' ? (said as JsonValue) : undefined,
    sessionId: era === 'modern' ? undefined : handshake.sessionId,
    serverCapabilities: said.capabilities as JsonValue,
    server: serverInfo(info, said.instructions),
  }
}

/** Whether nothing new was found out: there is no session, or it is this connection's own. */
export function isKnown(known: ServerProfile | undefined, found: Agreement, elicits: boolean): known is ServerProfile {
  const sessionless = known?.sessionId === undefined && found.sessionId === undefined
  return known !== undefined && (elicits || sessionless) && known.protocolVersion === found.protocolVersion
}
