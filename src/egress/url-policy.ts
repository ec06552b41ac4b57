import ipaddr from 'ipaddr.js'
import { IntegrationError } from '../model/errors.js'

/** The rules for destinations of requests. */
export interface EgressOptions {
  /** Allows `http:` and loopback addresses. `@default false` */
  readonly allowLoopback?: boolean | undefined
  /** Allows private address ranges, and names that exist only in private networks. `@default false` */
  readonly allowPrivateNetwork?: boolean | undefined
  /** Allows only these hosts: `example.com`, or `*.example.com` for all its subdomains. `@default` all */
  readonly allowHosts?: readonly string[] | undefined
  /** Refuses these hosts, even if they are in `allowHosts`. */
  readonly denyHosts?: readonly string[] | undefined
}

/**
 * Parses a URL and decides by its text alone whether requests to it are allowed. Addresses of a name are checked by
 * {@link checkAddress} once it is resolved.
 *
 * @returns the parsed URL
 * @throws `invalid_input` for an invalid URL, or one with credentials or a fragment; `url_refused` by a rule
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices
 */
export function checkUrl(input: string | URL, options: EgressOptions): URL {
  const url = parse(input)
  if (url.username !== '' || url.password !== '') {
    throw invalid('The URL contains credentials. Remove them and send them as a header instead.')
  }
  if (url.href.includes('#')) throw invalid('The URL contains a fragment (#…). Remove it.')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    // `localhost:3000` parses as a URL with the scheme `localhost:`.
    if (/^[^:/]+:\d+(?:\/|$)/.test(String(input))) throw withoutScheme()
    throw refused('Only https: URLs are allowed. Use the https: URL of the server.')
  }
  checkHost(url.hostname, options)
  if (url.protocol === 'http:' && !(options.allowLoopback && isLoopbackHost(url.hostname))) {
    throw refused(`http: is not encrypted and refused for "${url.hostname}". Use the https: URL of the server.`)
  }
  return url
}

/**
 * Decides whether a connection to an IP address is allowed. Called for every address that a name resolves to, and
 * again for the connected one.
 *
 * @param ip in any notation that `ipaddr.js` parses; IPv4-mapped and NAT64 addresses are checked by their IPv4 address
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
  throw refused('The host has a reserved address, which is never allowed. Use the public address of the server.')
}

/** Whether an address is this machine itself, the only one allowed for `http:`. */
export function isLoopbackAddress(ip: string): boolean {
  return kindOfAddress(ip) === 'loopback'
}

function parse(input: string | URL): URL {
  try {
    return new URL(input)
  } catch {
    if (isWithoutScheme(String(input).trim())) throw withoutScheme()
    throw invalid('This is not a valid URL. Use one like https://example.com/mcp.')
  }
}

function isWithoutScheme(text: string): boolean {
  return /^[^\s"'<>@]+$/.test(text) && !text.includes('://') && URL.canParse(`https://${text}`)
}

function withoutScheme(): IntegrationError {
  return invalid('The URL has no scheme. It must start with https://, like https://example.com/mcp.')
}

function checkHost(hostname: string, options: EgressOptions): void {
  if (hostname.endsWith('.')) throw refused('The host name ends with a dot. Remove it.')
  if (options.denyHosts?.some((pattern) => matchesHost(hostname, pattern))) throw deniedHost(hostname)
  if (options.allowHosts && !options.allowHosts.some((pattern) => matchesHost(hostname, pattern))) {
    throw refused(`The host "${hostname}" is not in egress.allowHosts.`)
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

/** Whether an address is denied, in any notation and for any name that resolves to it. */
function isDeniedAddress(ip: string, { denyHosts = [] }: EgressOptions): boolean {
  if (denyHosts.length === 0 || !ipaddr.isValid(ip)) return false
  const address = plainAddress(ip)
  return denyHosts.some((pattern) => {
    const literal = pattern.replace(/^\[|\]$/g, '')
    return ipaddr.isValid(literal) && plainAddress(literal) === address
  })
}

/** The canonical form of an address, with IPv4 taken out of IPv6. */
function plainAddress(ip: string): string {
  return withoutTranslation(ipaddr.process(ip)).toNormalizedString()
}

function matchesHost(hostname: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? hostname.endsWith(`.${asInUrls(pattern.slice(2))}`) : hostname === asInUrls(pattern)
}

/** A host as URLs spell it, because host names are compared in that form: `bücher.example` is `xn--bcher-kva.example`. */
function asInUrls(host: string): string {
  const url = `https://${host}`
  return URL.canParse(url) ? new URL(url).hostname : host.toLowerCase()
}

/** WHATWG URL has already normalised every notation of IPv4 (octal, hex, one number) to four decimals. */
function ipLiteral(hostname: string): string | undefined {
  if (hostname.startsWith('[')) return hostname.slice(1, -1)
  return /^[\d.]+$/.test(hostname) ? hostname : undefined
}

function isLoopbackHost(hostname: string): boolean {
  if (/(?:^|\.)localhost$/.test(hostname) || hostname === 'localhost.localdomain') return true
  const literal = ipLiteral(hostname)
  return literal !== undefined && isLoopbackAddress(literal)
}

/**
 * Outside Node, where addresses are unknown, this is all that keeps requests out of a private network.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6762#appendix-G names that private networks use; `svc` is that of Kubernetes
 */
function isPrivateName(hostname: string): boolean {
  const top = /\.(?:internal|intranet|private|corp|home|lan|local|localdomain|svc|home\.arpa)$/
  return !hostname.includes('.') || top.test(hostname)
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

/** Networks without IPv4 use 64:ff9b::/96 (RFC 6052), so such an address is as public as the IPv4 one inside. */
function withoutTranslation(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!(address instanceof ipaddr.IPv6) || !address.match(nat64, 96)) return address
  return new ipaddr.IPv4(address.toByteArray().slice(12))
}

const nat64 = ipaddr.IPv6.parse('64:ff9b::')
/** `ipaddr.js` calls unassigned space `unicast`, too. */
const globalUnicast = ipaddr.IPv6.parse('2000::')

/** Cloud metadata services at addresses outside special ranges, or inside a private range that may be allowed. */
const neverAddresses = new Set([
  '168.63.129.16', // Azure
  '100.100.100.200', // Alibaba
  'fd00:ec2:0:0:0:0:0:254', // AWS
  'fd20:ce:0:0:0:0:0:254', // Google
])
const metadataNames = new Set([
  'metadata.google.internal',
  'metadata.goog',
  'instance-data.ec2.internal',
  // The same where a search domain completes names.
  'metadata',
  'instance-data',
])

function invalid(message: string): IntegrationError {
  return new IntegrationError('invalid_input', message, { fields: [{ path: 'url', message }] })
}

function refused(message: string): IntegrationError {
  return new IntegrationError('url_refused', message)
}
