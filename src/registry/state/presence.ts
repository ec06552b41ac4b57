import { IntegrationError } from '../../model/errors.js'
import type { StorageWrite } from '../../ports/storage.js'
import type { ActorContext } from './context.js'
import { keys } from './keys.js'

/** How long it is known that a person or a workspace was forgotten, in ms: longer than any operation takes. */
export const forgottenMs = 86_400_000

/** Lets a commit fail if its person or workspace was forgotten since an operation began. */
export interface Presence {
  /** Writes of the commit that only check this. */
  readonly checks: readonly StorageWrite[]
  /** @throws IntegrationError `conflict` if that is why it failed */
  check(): Promise<void>
}

/** Begins an operation that stores something of its actor, whom `forgetUser()` or `forgetWorkspace()` may forget before it ends. */
export async function presenceOf(context: ActorContext): Promise<Presence> {
  const { workspaceId, userId } = context.actor
  const names = [keys.due.forgotten(userId), keys.due.forgottenWorkspace]
  const read = async () => (await context.storage.read(workspaceId, names)).records.map((record) => record?.version)
  const before = await read()
  return {
    checks: names.map((key, n): StorageWrite => {
      const ifVersion = before[n]
      return ifVersion === undefined ? { key, ifVersion: null, value: undefined } : { key, ifVersion, check: true }
    }),
    async check() {
      const now = await read()
      if (now.every((version, n) => version === undefined || version === before[n])) return
      throw new IntegrationError(
        'conflict',
        'The person or the workspace was removed at the same time. Nothing was stored.',
      )
    },
  }
}
