import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/client'
import { clientInfo } from './client-info.js'

/**
 * What a request of the current era says in its `_meta`, as the SDK's client writes it.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */
export function envelopeOf(protocolVersion: string): Readonly<Record<string, unknown>> {
  return {
    [PROTOCOL_VERSION_META_KEY]: protocolVersion,
    [CLIENT_INFO_META_KEY]: clientInfo,
    [CLIENT_CAPABILITIES_META_KEY]: {},
  }
}
