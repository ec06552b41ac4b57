import type { Dialer, DialerOptions } from './dialer.js'
import { fetchDialer } from './fetch-dialer.js'

/** The dialer of platforms other than Node: their `fetch`, which resolves names itself. */
export function createDialer(_options: DialerOptions): Dialer {
  return fetchDialer((url, init) => globalThis.fetch(url, init))
}
