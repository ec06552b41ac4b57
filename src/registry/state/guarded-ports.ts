import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import { race } from '../../model/race.js'
import type { CredentialVault } from '../../ports/credential-vault.js'
import type { RegistryRuntime } from '../../ports/runtime.js'
import type { RegistryStorage } from '../../ports/storage.js'

/**
 * The host's storage with a deadline on every operation and one typed error for all its failures, so that calls end in
 * bounded time during an outage and work again after it.
 */
export function guardedStorage(
  storage: RegistryStorage,
  { runtime, timeoutMs, closed }: { runtime: RegistryRuntime; timeoutMs: number; closed: () => boolean },
): RegistryStorage {
  const bounds = { timeoutMs, runtime, toError: () => unavailable('did not respond in time') }
  const guard = async <T>(operation: () => Promise<T>): Promise<T> => {
    if (closed()) throw new IntegrationError('closed', 'The registry is closed. Create a new one.')
    try {
      return await race(operation, bounds)
    } catch (error) {
      throw isIntegrationError(error) ? error : unavailable('failed')
    }
  }
  return {
    read: (workspaceId, keys) => guard(() => storage.read(workspaceId, keys)),
    list: (query) => guard(() => storage.list(query)),
    commit: (workspaceId, writes) => guard(() => storage.commit(workspaceId, writes)),
    scan: (query) => guard(() => storage.scan(query)),
    expired: (query) => guard(() => storage.expired(query)),
    watch: storage.watch === undefined ? undefined : (listener) => storage.watch!(listener),
  }
}

/**
 * The host's vault with a deadline on every operation and one typed error for every failure except
 * `credential_unreadable`, so that calls end in bounded time while a key management service hangs.
 */
export function guardedVault(
  vault: CredentialVault,
  { runtime, timeoutMs }: { readonly runtime: RegistryRuntime; readonly timeoutMs: number },
): CredentialVault {
  const guard = async <T>(work: () => Promise<T>, withinMs = timeoutMs): Promise<T> => {
    try {
      return await race(work, { timeoutMs: withinMs, runtime, toError: vaultUnavailable })
    } catch (error) {
      throw isIntegrationError(error) ? error : vaultUnavailable()
    }
  }
  const guardNow = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw isIntegrationError(error) ? error : vaultUnavailable()
    }
  }
  return {
    seal(secret, context) {
      let isLate = false
      const sealing = guard(async () => {
        const sealed = await vault.seal(secret, context)
        // Nobody has it: a vault that keeps secrets itself would keep it for ever.
        if (isLate) await vault.destroy?.(sealed)
        return sealed
      }, timeoutMs * patienceToSeal)
      return sealing.finally(() => (isLate = true))
    },
    open: (sealed, context) => guard(() => vault.open(sealed, context)),
    destroy: vault.destroy === undefined ? undefined : (sealed) => guard(() => vault.destroy!(sealed)),
    keyOf: vault.keyOf === undefined ? undefined : (sealed) => guardNow(() => vault.keyOf!(sealed)),
    currentKey: vault.currentKey === undefined ? undefined : () => guardNow(() => vault.currentKey!()),
  }
}

/** A secret that can't be sealed is lost, also a refresh token that no earlier one replaces any longer. */
const patienceToSeal = 6

function vaultUnavailable(): IntegrationError {
  return new IntegrationError(
    'storage_unavailable',
    'The credential vault is unavailable. Check the option `credentials` of IntegrationRegistry.',
  )
}

function unavailable(how: string): IntegrationError {
  return new IntegrationError(
    'storage_unavailable',
    `The storage ${how}. Check the database behind the option \`storage\` of IntegrationRegistry.`,
  )
}
