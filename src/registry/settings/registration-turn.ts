import { pause, unlessAborted } from '../../oauth/waiting.js'
import type { Context } from '../state/context.js'
import { keys } from '../state/keys.js'

/**
 * How long a process may take to register a client and to store it, in ms. If the process crashes, another one registers
 * after this time.
 */
const turnMs = 45_000
/** The interval of a waiting process's checks, in ms. */
const checkEveryMs = 250

/** What another process has registered, or the turn of this process. */
export type Turn<Found> =
  | { readonly found: Found; readonly end?: undefined }
  /** `end`: call it once the registration is stored or abandoned. */
  | { readonly found?: undefined; readonly end: () => void }

/**
 * Waits for the turn of this process to register a client, or for the registration of another process: of several that need
 * the same client at one moment, one registers it.
 *
 * @param find - finds a stored registration
 * @throws IntegrationError `aborted`
 */
export async function takeTurn<Found>(
  context: Context,
  of: { readonly workspaceId: string; readonly name: string; readonly signal?: AbortSignal | undefined },
  find: () => Promise<Found | undefined>,
): Promise<Turn<Found>> {
  const { workspaceId, name, signal } = of
  for (;;) {
    const found = await find()
    if (found !== undefined) return { found }
    const end = await begin(context, workspaceId, keys.registering(name))
    if (end !== undefined) {
      // The turn before this one may have ended after the search.
      const late = await find().catch((error: unknown) => {
        end()
        throw error
      })
      if (late === undefined) return { end }
      end()
      return { found: late }
    }
    await unlessAborted(pause(context.runtime, checkEveryMs), signal)
  }
}

/** @returns a function that ends the turn; `undefined` while it is that of another process */
async function begin(context: Context, workspaceId: string, key: string): Promise<(() => void) | undefined> {
  const { storage } = context
  const { now } = await storage.read(workspaceId, [])
  const begun = await storage.commit(workspaceId, [{ key, ifVersion: null, value: null, expiresAt: now + turnMs }])
  if (begun === false) return undefined
  const { version } = begun[0]!
  return () =>
    context.runInBackground(() => storage.commit(workspaceId, [{ key, ifVersion: version!, value: undefined }]), {
      workspaceId,
    })
}
