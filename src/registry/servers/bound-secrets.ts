import { IntegrationError } from '../../model/errors.js'
import type { Context } from '../state/context.js'
import type { CredentialRef } from '../state/refs.js'
import { secretContext } from './secret-context.js'

/**
 * Seals a value together with its origin, so that nobody with write access to the storage can have it sent elsewhere.
 */
export async function sealBound(
  context: Context,
  ref: CredentialRef,
  field: 'headers' | 'oauth' | 'client',
  bound: { readonly origin: string; readonly value: object },
): Promise<string> {
  return context.vault.seal(`${bound.origin}\n${JSON.stringify(bound.value)}`, secretContext(ref, field))
}

/** @throws IntegrationError `credential_unreadable` when it was sealed for another origin */
export async function openBound<T>(
  context: Context,
  ref: CredentialRef,
  field: 'headers' | 'oauth' | 'client',
  bound: { readonly origin: string; readonly sealed: string },
): Promise<T> {
  const opened = await context.vault.open(bound.sealed, secretContext(ref, field))
  const end = opened.indexOf('\n')
  if (opened.slice(0, end) !== bound.origin)
    throw new IntegrationError('credential_unreadable', 'A stored secret belongs to a different server.')
  return JSON.parse(opened.slice(end + 1)) as T // sealed by sealBound()
}
