import ipaddr from 'ipaddr.js'
import { IntegrationError } from '../model/errors.js'

/** Where requests may go. */
export interface EgressOptions {
  /** `http:` and loopback addresses. `@default false` */
  readonly allowLoopback?: boolean | undefined
  /** Private ranges, and the names that only private networks have. `@default false` */
  readonly allowPrivateNetwork?: boolean | undefined
  /** When given, only these hosts: `example.com`, or `*.example.com` for all below it. */
  readonly allowHosts?: readonly string[] | undefined
  /** Never these hosts, allowed or not. */
  readonly denyHosts?: readonly string[] | undefined
}

/**
 * Reads a URL and decides by its text alone whether a request may go there. Where a name leads is decided
 * by {@link checkAddress} when its address is known.
 *
 * @returns the URL as the platform reads it
 * @throws `invalid_input` for what is no URL, or holds credentials or a fragment; `url_refused` for what a rule refuses
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices
 */
export function checkUrl(input: string | URL, options: EgressOptions): URL {
  const url = parse(input)
  if (url.username !== '' || url.password !== '') {
    throw invalid('The URL contains credentials. Remove them and send them as a header instead.')
  }
  if (url.href.includes('#')) throw invalid('The URL contains a fragment (#…). Remove it.')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    // The host of `localhost:3000` reads as a scheme.
    if (/^[^:/]+:\d+(?:\/|$)/.test(String(input))) throw withoutScheme()
    throw refused('Only https: URLs are allowed. Give the https: URL of the server.')
  }
  checkHost(url.hostname, options)
  if (url.protocol === 'http:' && !(options.allowLoopback && isLoopbackHost(url.hostname))) {
    throw refused(`http: is not encrypted and refused for "${url.hostname}". Give the https: URL of the server.`)
  }
  return url
}

/**
 * Decides whether a connection to an IP address is allowed. Called for every address that a name resolves to, and
 * again for the one that was really connected to.
 *
 * @param ip in any spelling that `ipaddr.js` reads; IPv4-mapped and NAT64 addresses are judged by the IPv4 address inside
 * @throws `url_refused`
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function checkAddress(ip: string, options: EgressOptions): void {
  if (isDeniedAddress(ip, options)) throw deniedHost(ip)
  const kind = kindOfAddress(ip)
  if (kind === 'public') return
  if (kind === 'loopback') {
    if (options.allowLoopback) return
    throw refused(
      'The host is this machine itself (a loopback address). The host application can allow it with egress.allowLoopback.',
    )
  }
  if (kind === 'private') {
    if (options.allowPrivateNetwork) return
    throw refused(
      'The host is inside a private network. The host application can allow it with egress.allowPrivateNetwork.',
    )
  }
  throw refused('The host has a reserved address, which is never allowed. Give the public address of the server.')
}

/** Whether an address is this machine itself. `http:` may go nowhere else. */
export function isLoopbackAddress(ip: string): boolean {
  return kindOfAddress(ip) === 'loopback'
}

/** The ASCII origin of a URL: scheme, host and port, as credentials are bound to it. */
export function originOf(url: string | URL): string {
  return parse(url).origin
}

function parse(input: string | URL): URL {
  try {
    return new URL(input)
  } catch {
    if (isWithoutScheme(String(input).trim())) throw withoutScheme()
    throw invalid('This is not a URL. Give one like https://example.com/mcp.')
  }
}

function isWithoutScheme(text: string): boolean {
  return /^[^\s"'<>@]+$/.test(text) && !text.includes('://') && URL.canParse(`https://${text}`)
}

function withoutScheme(): IntegrationError {
  return invalid('The URL has no scheme. Begin it with https://, like https://example.com/mcp.')
}

function checkHost(hostname: string, options: EgressOptions): void {
  if (hostname.endsWith('.')) throw refused('The host name ends with a dot. Remove it.')
  if (options.denyHosts?.some((pattern) => matchesHost(hostname, pattern))) throw deniedHost(hostname)
  if (options.allowHosts && !options.allowHosts.some((pattern) => matchesHost(hostname, pattern))) {
    throw refused(`The host "${hostname}" is not among egress.allowHosts.`)
  }
  const literal = ipLiteral(hostname)
  if (literal !== undefined) checkAddress(literal, options)
  else if (isLoopbackHost(hostname)) checkAddress('127.0.0.1', options)
  else if (metadataNames.has(hostname)) {
    throw refused(`The host "${hostname}" is a cloud metadata service, which is never allowed.`)
  } else if (!options.allowPrivateNetwork && isPrivateName(hostname)) {
    throw refused(
      `The host name "${hostname}" exists only in private networks. The host application can allow them with egress.allowPrivateNetwork.`,
    )
  }
}

function deniedHost(host: string): IntegrationError {
  return refused(`The host "${host}" is refused by egress.denyHosts.`)
}

/** An address that is denied is denied in every spelling, and whatever name leads there. */
function isDeniedAddress(ip: string, { denyHosts = [] }: EgressOptions): boolean {
  if (denyHosts.length === 0 || !ipaddr.isValid(ip)) return false
  const address = plainAddress(ip)
  return denyHosts.some((pattern) => {
    const literal = pattern.replace(/^\[|\]$/g, '')
    return ipaddr.isValid(literal) && plainAddress(literal) === address
  })
}

/** One spelling of an address, without the wrappings of IPv4 in IPv6. */
function plainAddress(ip: string): string {
  return withoutTranslation(ipaddr.process(ip)).toNormalizedString()
}

function matchesHost(hostname: string, pattern: string): boolean {
  const wanted = pattern.toLowerCase()
  return wanted.startsWith('*.') ? hostname.endsWith(wanted.slice(1)) : hostname === wanted
}

/** WHATWG URL has normalised every spelling of IPv4 (octal, hex, one number) to four decimals before this sees it. */
function ipLiteral(hostname: string): string | undefined {
  if (hostname.startsWith('[')) return hostname.slice(1, -1)
  return /^[\d.]+$/.test(hostname) ? hostname : undefined
}

function isLoopbackHost(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true
  const literal = ipLiteral(hostname)
  return literal !== undefined && isLoopbackAddress(literal)
}

function isPrivateName(hostname: string): boolean {
  return !hostname.includes('.') || /\.(internal|local|home\.arpa)$/.test(hostname)
}

type AddressKind = 'public' | 'private' | 'loopback' | 'never'

function kindOfAddress(ip: string): AddressKind {
  if (!ipaddr.isValid(ip)) return 'never'
  const address = withoutTranslation(ipaddr.process(ip))
  if (neverAddresses.has(address.toNormalizedString())) return 'never'
  const range = address.range()
  if (range === 'loopback') return 'loopback'
  if (range === 'private' || range === 'uniqueLocal' || range === 'carrierGradeNat') return 'private'
  if (range !== 'unicast') return 'never'
  return address instanceof ipaddr.IPv6 && !address.match(globalUnicast, 3) ? 'never' : 'public'
}

/** Networks without IPv4 reach it through 64:ff9b::/96 (RFC 6052), so such an address is as public as the IPv4 one inside. */
function withoutTranslation(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!(address instanceof ipaddr.IPv6) || !address.match(nat64, 96)) return address
  return new ipaddr.IPv4(address.toByteArray().slice(12))
}

const nat64 = ipaddr.IPv6.parse('64:ff9b::')
/** `ipaddr.js` calls unassigned space `unicast`, too. */
const globalUnicast = ipaddr.IPv6.parse('2000::')

/** Metadata and host services of clouds at addresses that no special range covers, or that a private range would open. */
const neverAddresses = new Set([
  '168.63.129.16', // Azure
  '100.100.100.200', // Alibaba
  'fd00:ec2:0:0:0:0:0:254', // AWS
  'fd20:ce:0:0:0:0:0:254', // Google
])
const metadataNames = new Set(['metadata.google.internal', 'metadata.goog', 'instance-data.ec2.internal'])

function invalid(message: string): IntegrationError {
  return new IntegrationError('invalid_input', message, { fields: [{ path: 'url', message }] })
}

function refused(message: string): IntegrationError {
  return new IntegrationError('url_refused', message)
}
