import type { ConnectorAuth } from '../../model/connector.js'
import { IntegrationError, isIntegrationError } from '../../model/errors.js'
import type { IntegrationHeader } from '../../model/integration.js'
import { openBound, sealBound } from './bound-secrets.js'
import type { Context } from '../state/context.js'
import type { HeadersRecord } from '../state/records.js'
import type { CredentialRef } from '../state/refs.js'

/** Header values, and the names that may be shown. */
export interface HeaderSet {
  readonly values: Readonly<Record<string, string>>
  readonly headers: readonly IntegrationHeader[]
}

/** Applies edits to header values: a header left out is kept, `null` removes it; names ignore case. */
export function editHeaders(
  values: Readonly<Record<string, string>>,
  headers: readonly IntegrationHeader[],
  edits: Readonly<Record<string, string | null>>,
  now: number,
): HeaderSet {
  const edited = new Set(Object.keys(edits).map((name) => name.toLowerCase()))
  const kept = headers.filter(({ name }) => !edited.has(name.toLowerCase()))
  const added = Object.entries(edits).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
  return {
    values: Object.fromEntries([...kept.map(({ name }) => [name, values[name] ?? ''] as const), ...added]),
    headers: [...kept, ...added.map(([name]) => ({ name, setAt: now }))],
  }
}

/**
 * The header values to send. The connector's prefix is added unless the person already typed it.
 */
export function withPrefix<Value extends string | null>(
  values: Readonly<Record<string, Value>>,
  auth: ConnectorAuth | undefined,
): Readonly<Record<string, Value>> {
  if (typeof auth !== 'object' || auth.type !== 'header' || auth.prefix === undefined) return values
  const { name: header, prefix } = auth
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value === null || name.toLowerCase() !== header.toLowerCase() ? value : (prefixed(value, prefix) as Value),
    ]),
  )
}

function prefixed(value: string, prefix: string): string {
  const typed = value.trim()
  const said = prefix.trim().toLowerCase()
  const rest = typed.slice(said.length)
  const has = typed.toLowerCase().startsWith(said) && (!/\w$/.test(said) || rest === '' || /^\s/.test(rest))
  return prefix + (has ? rest.trimStart() : typed)
}

/** The `auth` of an integration's connector; `undefined` without a connector in the catalogue. */
export async function connectorAuth(
  context: Context,
  workspaceId: string,
  connectorId: string | undefined,
): Promise<ConnectorAuth | undefined> {
  if (connectorId === undefined) return undefined
  return (await context.connectorsOf(workspaceId)).find(({ id }) => id === connectorId)?.auth
}

/** Opens the header values of a record for the origin that they will be sent to; none without a record. */
export async function openHeaders(
  context: Context,
  ref: CredentialRef,
  record: HeadersRecord | undefined,
  origin: string,
): Promise<Record<string, string>> {
  if (record === undefined) return {}
  return openBound<Record<string, string>>(context, ref, 'headers', { origin, sealed: record.sealed })
}

/**
 * Opens the header values that an edit keeps. If it replaces or removes all of them, none is opened, so that values whose
 * key is lost can be entered again.
 *
 * @throws IntegrationError `credential_unreadable`, with the headers to enter again
 */
export async function openKept(
  context: Context,
  ref: CredentialRef,
  record: HeadersRecord | undefined,
  { origin, edits }: { readonly origin: string; readonly edits: Readonly<Record<string, string | null>> },
): Promise<Record<string, string>> {
  const edited = new Set(Object.keys(edits).map((name) => name.toLowerCase()))
  const kept = (record?.headers ?? []).map(({ name }) => name).filter((name) => !edited.has(name.toLowerCase()))
  if (kept.length === 0) return {}
  try {
    return await openHeaders(context, ref, record, origin)
  } catch (error) {
    if (!isIntegrationError(error) || error.code !== 'credential_unreadable') throw error
    throw new IntegrationError(
      'credential_unreadable',
      `The stored values of ${kept.join(', ')} can't be decrypted. Enter them again, or remove them.`,
    )
  }
}

/** Creates the record of header values for `origin`. `@default tag` a new one, for changed values */
export async function sealHeaders(
  context: Context,
  ref: CredentialRef,
  { values, headers }: HeaderSet,
  { origin, tag = context.runtime.randomId() }: { readonly origin: string; readonly tag?: string },
): Promise<HeadersRecord> {
  return { sealed: await sealBound(context, ref, 'headers', { origin, value: values }), tag, origin, headers }
}
