import { isIntegrationError } from '../../model/errors.js'
import type { JsonValue } from '../../model/json.js'
import type { SecretContext } from '../../ports/credential-vault.js'
import type { Context } from '../state/context.js'
import { eachRecord, type Scanned } from './each-record.js'

/** Result of `resealAll()`. */
export interface ResealReport {
  /** Secrets that were resealed with the current key. */
  readonly resealed: number
  /** Secrets that already were sealed with the current key. */
  readonly current: number
  /** Secrets that were left unchanged, because their key is missing or changed. */
  readonly unreadable: number
}

/**
 * `resealAll()`: seals every secret with the current key. Run it again after an interruption: current secrets are
 * skipped.
 */
export async function resealAll(context: Context): Promise<ResealReport> {
  const report = { resealed: 0, current: 0, unreadable: 0 }
  await eachSealed(context, async (record, secret) => {
    const { sealed } = record.value as { sealed: string }
    const { vault } = context
    if (vault.currentKey !== undefined && vault.keyOf !== undefined && vault.keyOf(sealed) === vault.currentKey()) {
      report.current++
      return
    }
    try {
      const again = await vault.seal(await vault.open(sealed, secret), secret)
      const { workspaceId, key, version, expiresAt } = record
      const written = await context.storage.commit(workspaceId, [
        {
          key,
          ifVersion: version,
          value: { ...(record.value as object), sealed: again } as JsonValue,
          expiresAt,
        },
      ])
      // Another writer was first, with the current key, so this seal isn't needed.
      await vault.destroy?.(written === false ? again : sealed).catch(() => {})
      if (written !== false) report.resealed++
    } catch (error) {
      if (!isIntegrationError(error) || error.code !== 'credential_unreadable') throw error
      report.unreadable++
    }
  })
  return report
}

/** `keyUsage()`: how many stored secrets depend on each key, so that an operator knows when a key can be removed. */
export async function keyUsage(context: Context): Promise<Readonly<Record<string, number>>> {
  const usage = new Map<string, number>()
  await eachSealed(context, async (record) => {
    const key = context.vault.keyOf?.((record.value as { sealed: string }).sealed) ?? 'unknown'
    usage.set(key, (usage.get(key) ?? 0) + 1)
  })
  return Object.fromEntries(usage)
}

/** Visits the records with secrets, each with its sealing context. */
async function eachSealed(
  context: Context,
  visit: (record: Scanned, secret: SecretContext) => Promise<void>,
): Promise<void> {
  const fields = {
    headers: 'headers',
    credential: 'tokens',
    unrevoked: 'tokens',
    client: 'client',
    'oauth-settings': 'oauth',
  } as const
  for (const [kind, field] of Object.entries(fields))
    await eachRecord(context, `${kind}/`, async (record) => {
      const [, integrationId = '', owner = '_'] = record.key.split('/')
      await visit(record, { workspaceId: record.workspaceId, integrationId, owner, field })
    })
  await eachRecord(context, 'flow/', async (record) => {
    const { integrationId, userId } = record.value as { integrationId: string; userId: string }
    await visit(record, { workspaceId: record.workspaceId, integrationId, owner: userId, field: 'flow' })
  })
}
