import { bytesOf, recordLimits } from '../../model/record-limits.js'
import type { ToolSettingsRecord } from '../state/records.js'

/** Settings of tools, by the server's name. */
type Settings = Readonly<Record<string, ToolSettingsRecord>>

/** The size limit of the records of a tool list, in bytes, with room for later additions. */
export const safeRecordBytes = recordLimits.valueBytes - 48 * 1024

/**
 * Keeps the settings of all tools within one record. A server that renames its tools each time must not fill it, so
 * tools that are no longer listed and that no person has configured are removed first.
 */
export function fittingSettings(settings: Settings, tools: readonly { readonly name: string }[]): Settings {
  const listed = new Set(tools.map(({ name }) => name))
  const isKept = ([name, { accepted: _hash, ...set }]: [string, ToolSettingsRecord]): boolean =>
    listed.has(name) || Object.values(set).some((value) => value !== undefined)
  const isAllListed = Object.keys(settings).every((name) => listed.has(name))
  if (isAllListed || bytesOf(settings) <= safeRecordBytes) return settings
  return Object.fromEntries(Object.entries(settings).filter(isKept))
}
