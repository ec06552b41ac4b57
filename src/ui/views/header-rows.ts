import type { AvailableConnector, IntegrationHeader } from '../../index.js'

/** A header in a form. */
export interface HeaderRow {
  readonly name: string
  /** What was typed; empty: what is saved is kept. */
  readonly value: string
  /** It has a saved value, since then. */
  readonly savedAt?: number
  /** Saved, and to be removed. */
  readonly removed?: boolean
}

/** @param asked - the one header that a catalogue entry wants */
export function headerRows(
  saved: readonly IntegrationHeader[],
  asked: Extract<AvailableConnector['auth'], { readonly type: 'header' }> | undefined,
): readonly HeaderRow[] {
  if (asked !== undefined) return [{ name: asked.name, value: '' }]
  return saved.map(({ name, setAt }) => ({ name, value: '', savedAt: setAt }))
}

/** The edits of a form: a header left out is kept, `null` removes it. */
export function headerEdits(rows: readonly HeaderRow[]): Readonly<Record<string, string | null>> {
  const edits = rows.flatMap(({ name, value, removed }): [string, string | null][] =>
    removed === true ? [[name.trim(), null]] : name.trim() === '' || value === '' ? [] : [[name.trim(), value]],
  )
  return Object.fromEntries(edits)
}
