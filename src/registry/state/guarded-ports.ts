import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import type { RegistryRuntime } from '../../ports/runtime.js'
import type { RegistryStorage } from '../../ports/storage.js'

/**
 * The host's storage with a deadline on every operation and one typed error for all its faults, so that an outage ends
 * every call within bounds and heals by itself.
 */
export function guardedStorage(
  storage: RegistryStorage,
  options: { runtime: RegistryRuntime; timeoutMs: number; closed: () => boolean },
): RegistryStorage {
  const guard = async <T>(operation: () => Promise<T>): Promise<T> => {
    if (options.closed()) throw new IntegrationError('closed', 'The registry is closed. Make a new one.')
    let cancel = (): void => {}
    const late = new Promise<never>((_, reject) => {
      cancel = options.runtime.setTimer(() => reject(unavailable('did not answer in time')), options.timeoutMs)
    })
    try {
      return await Promise.race([operation(), late])
    } catch (error) {
      throw isIntegrationError(error) ? error : unavailable('failed')
    } finally {
      cancel()
    }
  }
  return {
    read: (workspaceId, keys) => guard(() => storage.read(workspaceId, keys)),
    list: (query) => guard(() => storage.list(query)),
    commit: (workspaceId, writes) => guard(() => storage.commit(workspaceId, writes)),
    scan: (query) => guard(() => storage.scan(query)),
    watch: storage.watch === undefined ? undefined : (listener) => storage.watch!(listener),
  }
}

function unavailable(how: string): IntegrationError {
  return new IntegrationError(
    'storage_unavailable',
    `The storage ${how}. Check the database that was given to IntegrationRegistry; calls work again as soon as it does.`,
  )
}
