import { isObject } from '../model/json.js'

/** An unchecked object of a message. */
export type Raw = Readonly<Record<string, unknown>>

/** Optional members of an MCP object: `object` and `list` name the type of which an empty value means absent. */
export type OptionalMembers = Readonly<Record<string, 'value' | 'object' | 'list'>>

/**
 * Whether an optional member is absent. Rust, Java, Python and C# write `null` for absent members; PHP writes `[]` for an
 * empty object and Lua `{}` for an empty list; templates and forms write `""` or `false` instead of an object or list.
 */
export function isAbsent(value: unknown, kind: OptionalMembers[string] = 'value'): boolean {
  if (value === undefined || value === null) return true
  if (kind !== 'value' && (value === '' || value === false)) return true
  if (kind === 'object') return Array.isArray(value) && value.length === 0
  return kind === 'list' && isObject(value) && Object.keys(value).length === 0
}

/** The object without optional members that mean absent. Values are never inspected. */
export function withoutAbsent<T extends Raw>(from: T, members: OptionalMembers): T {
  const isWritten = (key: string): boolean => !Object.hasOwn(members, key) || !isAbsent(from[key], members[key])
  const keys = Object.keys(from)
  if (keys.every(isWritten)) return from
  return Object.fromEntries(keys.filter(isWritten).map((key) => [key, from[key]])) as T
}

/** The same object without one member. */
export function withoutMember(from: Raw, member: string): Raw {
  return member in from ? Object.fromEntries(Object.entries(from).filter(([key]) => key !== member)) : from
}
