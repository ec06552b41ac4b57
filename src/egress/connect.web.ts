import type { Dialer, ConnectorOptions } from './connector.js'
import { fetchConnector } from './fetch-connector.js'

/** The way out where there is no Node: the platform's `fetch`, which resolves names out of our sight. */
export function createConnector(_options: ConnectorOptions): Dialer {
  return fetchConnector((url, init) => globalThis.fetch(url, init))
}
