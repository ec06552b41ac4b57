import type { IntegrationHeader } from '../../model/integration.js'

/** Header values, and what may be shown of them. */
export interface HeaderSet {
  readonly values: Readonly<Record<string, string>>
  readonly headers: readonly IntegrationHeader[]
}

/** Applies edits to header values: left out is kept, `null` removes; names are compared without case. */
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
