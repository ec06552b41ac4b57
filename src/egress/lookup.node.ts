import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { IntegrationError } from '../model/errors.js'
import { checkAddress, isLoopbackAddress, type EgressOptions } from './url-policy.js'

export interface Address {
  readonly address: string
  readonly family: number
}

/** Resolves all addresses of a host name; without any it returns none or rejects. */
export type Resolve = (hostname: string) => Promise<readonly Address[]>

/**
 * A DNS lookup for sockets that returns only checked addresses. It returns none if any address is refused, because a name
 * with one refused address is likely an attack.
 */
export function vettedLookup(resolve: Resolve, egress: EgressOptions, secure: boolean): LookupFunction {
  return (hostname, { all }, callback) => {
    const answer = async () => {
      const addresses = await resolve(hostname)
      const [first] = addresses
      if (!first) throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' })
      for (const { address } of addresses) vet(address, egress, secure)
      if (all) callback(null, [...addresses])
      else callback(null, first.address, first.family)
    }
    answer().catch((error: Error) => callback(error, ''))
  }
}

/**
 * Checks an address for a request. `http:` is allowed only for this machine, so a name must resolve to it.
 *
 * @throws `url_refused`
 */
export function vet(address: string, egress: EgressOptions, secure: boolean): void {
  checkAddress(address, egress)
  if (!secure && !isLoopbackAddress(address)) {
    throw new IntegrationError('url_refused', 'http: is allowed for loopback addresses only. Use an https: URL.')
  }
}

/** The operating system's resolver. */
export function systemResolve(hostname: string): Promise<readonly Address[]> {
  return new Promise((resolve, reject) => {
    lookup(hostname, { all: true, verbatim: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)))
  })
}
