import type { AvailableConnector, IntegrationHeader } from '../../index.js'

/** A header in a form. */
export interface HeaderRow {
  readonly name: string
  /** The typed value; empty: the saved value is kept. */
  readonly value: string
  /** When its value was saved; absent: none is saved. */
  readonly savedAt?: number
  /** The saved header is to be removed. */
  readonly removed?: boolean
}

/** @param asked - the header that a catalogue entry needs */
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
