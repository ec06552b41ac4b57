import { sealCredential } from './credential-record.js'
import { saveRefreshed } from './lease.js'
import { revokeTokens } from './revoke.js'
import { fresh } from './usable-token.js'
import { pause } from './waiting.js'
import type { CredentialRecord, CredentialSecrets } from './credential-record.js'
import type { CredentialVault } from '../ports/credential-vault.js'
import type { OAuthEnvironment } from './environment.js'
import type { ReadGrant, CredentialAccess } from './lease.js'
import type { RegistryStorage } from '../ports/storage.js'
import type { TokenOutcome } from './token-outcome.js'

/** Saves new tokens, even if the storage is temporarily unavailable. */
export interface TokenKeeper {
  /** New tokens that could not be stored yet. */
  unsaved(grant: CredentialAccess): Unsaved | undefined
  /**
   * Saves new tokens, which are usable at once. While the storage is unavailable they are kept in memory. `again`: newer
   * tokens are stored.
   */
  keep(grant: CredentialAccess, read: ReadGrant, secrets: CredentialSecrets): Promise<TokenOutcome | 'again'>
  /** Resolves when everything is saved, or a few retries after `closing` aborts. */
  settled(): Promise<void>
}

/** New tokens that could not be stored yet. */
export interface Unsaved {
  readonly outcome: TokenOutcome & { type: 'fresh' }
  /** The stored credential that was refreshed. In place of another one (of a later sign-in), the tokens are of no use. */
  readonly replaces: CredentialRecord
}

/** Creates the token keeper of a refresher. `closing`: stops after a few retries. */
export function tokenKeeper({
  env,
  storage,
  vault,
  closing,
}: {
  readonly env: OAuthEnvironment
  readonly storage: RegistryStorage
  readonly vault: CredentialVault
  readonly closing: AbortSignal
}): TokenKeeper {
  const unsaved = new Map<string, Unsaved>()
  const saving = new Set<Promise<void>>()

  return {
    unsaved: (grant) => unsaved.get(idOf(grant)),
    keep,
    async settled() {
      await Promise.allSettled(saving)
    },
  }

  async function keep(
    grant: CredentialAccess,
    read: ReadGrant,
    secrets: CredentialSecrets,
  ): Promise<TokenOutcome | 'again'> {
    const outcome = fresh(secrets)
    let sealed: CredentialRecord | undefined
    const save = async (): Promise<TokenOutcome | 'again'> => {
      sealed ??= await sealCredential(vault, grant.secret, secrets, { at: read.now, by: 'refresh' })
      const result = await saveRefreshed(storage, grant, read, sealed)
      const useless = result === 'saved' ? read.credential.sealed : sealed.sealed
      await Promise.resolve(vault.destroy?.(useless)).catch(() => {})
      if (result === 'gone') await revokeTokens(env, secrets)
      return result === 'saved'
        ? outcome
        : result === 'gone'
          ? { type: 'reauthorize', reason: 'credential_missing' }
          : 'again'
    }
    try {
      return await save()
    } catch (error) {
      const message = 'Refreshed tokens could not be stored. This process keeps them and stores them as soon as it can.'
      env.report?.({ area: 'credentials', message, error, workspaceId: grant.workspaceId })
      saveLater(idOf(grant), { outcome, replaces: read.credential }, save)
      return outcome
    }
  }

  /** Tokens of a later sign-in may take the place of these before they are saved. */
  function saveLater(id: string, kept: Unsaved, save: () => Promise<unknown>): void {
    unsaved.set(id, kept)
    const done = saveUntilDone(save).finally(() => {
      saving.delete(done)
      if (unsaved.get(id) === kept) unsaved.delete(id)
    })
    saving.add(done)
  }

  async function saveUntilDone(save: () => Promise<unknown>): Promise<void> {
    let last = closing.aborted ? 5 : Infinity
    for (let round = 0; last > 0; round++) {
      await pause(env.runtime, Math.min(100 * 2 ** round, 1000))
      if (closing.aborted) last = Math.min(last, 5) - 1
      const isSaved = await save().then(
        () => true,
        () => false,
      )
      if (isSaved) return
    }
  }
}

/** Identifies a credential across callers, with the origin that its tokens may be sent to. */
export function idOf({ workspaceId, key, serverUrl }: CredentialAccess): string {
  return `${workspaceId}\n${key}\n${new URL(serverUrl).origin}`
}
