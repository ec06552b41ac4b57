import type { Dialer, ConnectorOptions } from './connector.js'
import { fetchConnector } from './fetch-connector.js'

/** The dialer of platforms other than Node: their `fetch`, which resolves names itself. */
export function createConnector(_options: ConnectorOptions): Dialer {
  return fetchConnector((url, init) => globalThis.fetch(url, init))
}
