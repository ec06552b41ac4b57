import { isIntegrationError } from '../../model/errors.js'
import { hasMembers, isText } from '../../model/fits.js'
import type { JsonObject } from '../../model/json.js'
import type { SecretContext } from '../../ports/credential-vault.js'
import { secretContext } from '../servers/secret-context.js'
import { flowContext } from '../settings/pending-flow.js'
import type { Context } from '../state/context.js'
import { ifReadable } from '../state/read-record.js'
import type { FlowRecord } from '../state/records.js'
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
  const { vault } = context
  const report = { resealed: 0, current: 0, unreadable: 0 }
  const damaged = await eachSealed(context, async (record, secret) => {
    const { sealed } = record.value
    const key = vault.keyOf?.(sealed)
    if (key !== undefined && key === vault.currentKey?.()) {
      report.current++
      return
    }
    try {
      const again = await vault.seal(await vault.open(sealed, secret), secret)
      const { workspaceId, version, expiresAt } = record
      const written = await context.storage.commit(workspaceId, [
        { key: record.key, ifVersion: version, value: { ...record.value, sealed: again }, expiresAt },
      ])
      // Another writer was first, with the current key, so this seal isn't needed.
      await vault.destroy?.(written === false ? again : sealed).catch(() => {})
      if (written !== false) report.resealed++
    } catch (error) {
      if (!isIntegrationError(error) || error.code !== 'credential_unreadable') throw error
      report.unreadable++
    }
  })
  return { ...report, unreadable: report.unreadable + damaged }
}

/** `keyUsage()`: how many stored secrets depend on each key, so that an operator knows when a key can be removed. */
export async function keyUsage(context: Context): Promise<Readonly<Record<string, number>>> {
  const usage = new Map<string, number>()
  await eachSealed(context, async (record) => {
    const key = context.vault.keyOf?.(record.value.sealed) ?? 'unknown'
    usage.set(key, (usage.get(key) ?? 0) + 1)
  })
  return Object.fromEntries(usage)
}

/** A record with a secret. */
type Sealed = Omit<Scanned, 'value'> & { readonly value: JsonObject & { readonly sealed: string } }

function isSealed(record: Omit<Scanned, 'value'> & { readonly value: unknown }): record is Sealed {
  return isWithSeal(record.value)
}

const isWithSeal = hasMembers<{ sealed: string }>({ sealed: isText })

/** Visits the records with secrets, each with its sealing context. @returns how many records can't be read */
async function eachSealed(
  context: Context,
  visit: (record: Sealed, secret: SecretContext) => Promise<void>,
): Promise<number> {
  const fields = {
    headers: 'headers',
    credential: 'tokens',
    unrevoked: 'tokens',
    client: 'client',
    'oauth-settings': 'oauth',
  } as const
  let damaged = 0
  for (const [kind, field] of Object.entries(fields))
    await eachRecord(context, `${kind}/`, async (record) => {
      const [, integrationId = '', owner = '_'] = record.key.split('/')
      const { workspaceId } = record
      if (isSealed(record)) await visit(record, secretContext({ workspaceId, integrationId, owner }, field))
      else damaged++
    })
  await eachRecord(context, 'flow/', async (record) => {
    const flow = ifReadable<FlowRecord>(record)
    const { workspaceId } = record
    if (flow !== undefined && isSealed(record))
      await visit(record, flowContext({ workspaceId, userId: flow.userId }, flow.integrationId))
    else damaged++
  })
  return damaged
}
