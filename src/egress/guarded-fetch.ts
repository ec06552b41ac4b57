import type { Runtime } from '../ports/runtime.js'

/** What a request is for: it decides about redirects and limits. */
export type RequestPurpose =
  /** MCP traffic: no redirects, `maxResponseBytes`, streams allowed. */
  | 'mcp'
  /** OAuth metadata: GET only, at most 3 hops, each vetted and without credentials, 256 KiB. */
  | 'metadata'
  /** Token, registration and revocation endpoints: no redirects, 256 KiB. */
  | 'token'

/** `fetch` with a purpose. `@default purpose 'mcp'` */
export type GuardedFetch = (url: string | URL, init?: RequestInit & { readonly purpose?: RequestPurpose }) => Promise<Response>

export interface EgressOptions {
  /** `http:` and loopback addresses. `@default false` */
  readonly allowLoopback?: boolean
  /** Private ranges. `@default false` */
  readonly allowPrivateNetwork?: boolean
  /** When given, only these hosts: `example.com` or `*.example.com`. */
  readonly allowHosts?: readonly string[]
  readonly denyHosts?: readonly string[]
}

export declare function createGuardedFetch(options: {
  readonly egress: EgressOptions
  readonly maxResponseBytes: number
  readonly runtime: Pick<Runtime, 'fetch' | 'now' | 'setTimer'>
}): { readonly fetch: GuardedFetch; close(): Promise<void> }
