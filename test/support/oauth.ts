import { createGuardedFetch } from '../../src/egress/guarded-fetch.js'
import { encryptedCredentials } from '../../src/vaults/encrypted.js'
import type { CredentialVault } from '../../src/ports/credential-vault.js'
import type { Discovery } from '../../src/oauth/discovery.js'
import type { OAuthEnvironment } from '../../src/oauth/environment.js'
import type { RegistryRuntime } from '../../src/ports/runtime.js'
import type { ServerMetadata } from '../../src/oauth/server-metadata.js'

/** A clock that a test moves, with timers that fire when it does. Its time is the storage's time as well. */
export interface TestClock extends RegistryRuntime {
  /** Moves on by so many ms and fires what is due. */
  advance(ms: number): Promise<void>
}

export function testClock(start = Date.UTC(2026, 0, 1)): TestClock {
  let time = start
  let ids = 0
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>()
  return {
    now: () => time,
    randomId: () => `id-${++ids}`,
    setTimer(callback, ms) {
      const timer = { at: time + ms, callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async advance(ms) {
      time += ms
      for (const timer of timers) if (timer.at <= time && timers.delete(timer)) timer.callback()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

/** The real clock and timers. */
export function realRuntime(): RegistryRuntime {
  return {
    now: Date.now,
    randomId: () => crypto.randomUUID(),
    setTimer(callback, ms) {
      const timer = setTimeout(callback, ms)
      timer.unref()
      return () => clearTimeout(timer)
    },
  }
}

export interface TestEnvironment extends OAuthEnvironment {
  close(): Promise<void>
}

/** OAuth over the real way out, with loopback allowed. */
export function testEnvironment(options: Partial<OAuthEnvironment> = {}): TestEnvironment {
  const runtime = options.runtime ?? realRuntime()
  const allowLoopback = options.allowLoopback ?? true
  const egress = createGuardedFetch({
    egress: { allowLoopback },
    maxResponseBytes: 4 * 1024 * 1024,
    runtime: realRuntime(),
  })
  return {
    fetch: egress.fetch,
    clientName: 'Test host',
    redirectUrl: 'http://127.0.0.1:34567/callback',
    ...options,
    runtime,
    allowLoopback,
    close: () => egress.close(),
  }
}

export function testVault(): CredentialVault {
  return encryptedCredentials({ keys: [{ id: 'test', secret: new Uint8Array(32).fill(7) }] })
}

/** What discovery would find, for tests that begin after it. */
export function discovered(
  origin: string,
  metadata: Partial<ServerMetadata> = {},
): Discovery & { readonly resource: string } {
  return {
    resource: `${origin}/mcp`,
    issuer: metadata.issuer ?? origin,
    server: {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
      revocation_endpoint: `${origin}/revoke`,
      code_challenge_methods_supported: ['S256'],
      ...metadata,
    },
  }
}

/** A promise that a test opens. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const parts = { open: (): void => undefined }
  const opened = new Promise<void>((resolve) => {
    parts.open = resolve
  })
  return { opened, open: () => parts.open() }
}
