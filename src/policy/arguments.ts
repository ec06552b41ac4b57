import type { ArgumentsDisplay } from '../model/approval.js'
import { IntegrationError } from '../model/errors.js'
import { maxJsonDepth, type JsonObject, type JsonValue } from '../model/json.js'
import { digestOf } from './digest.js'
import { visibleLines } from '../model/visible-text.js'

/** A copy of a call's arguments, to show, hash and send. */
export interface CopiedArguments {
  readonly value: JsonObject
  /** The JSON text to store. */
  readonly json: string
  /** SHA-256 of the canonical form (RFC 8785), base64url. */
  readonly digest: string
}

const shownCharacters = 100_000

/**
 * Copies a call's arguments once, and refuses values that could differ when they are read again or sent: getters, functions,
 * class instances, numbers JSON can't carry exactly, lone surrogates. The copy is frozen, so that it can't change between approval and call. Absent arguments are `{}`.
 *
 * @param options - `maxBytes` of the JSON text in UTF-8. `@default 65536`
 * @throws IntegrationError `invalid_input` with the path
 */
export function copyArguments(
  args: unknown,
  options: { readonly maxBytes?: number | undefined } = {},
): CopiedArguments {
  const { maxBytes = 65_536 } = options
  const value = copy(args ?? {}, 'args', 0, { left: maxBytes })
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse('args', 'must be a JSON object')
  const json = JSON.stringify(value)
  if (isLongerThan(json, maxBytes)) throw refuse('args', `must be at most ${maxBytes} bytes of JSON`)
  return { value: value as JsonObject, json, digest: digestOf(value) }
}

/** Arguments to display: up to 100,000 characters, with the number of the missing ones. */
export function displayArguments(value: JsonObject): ArgumentsDisplay {
  const { shown, hiddenCharacters } = visibleLines(JSON.stringify(value, undefined, 2), shownCharacters)
  return { text: shown, hiddenCharacters }
}

function copy(value: unknown, path: string, depth: number, budget: { left: number }): JsonValue {
  if (depth > maxJsonDepth) throw refuse(path, `nests deeper than ${maxJsonDepth} levels`)
  spend(budget, 1)
  switch (typeof value) {
    case 'string':
      spend(budget, value.length)
      if (!value.isWellFormed()) throw refuse(path, 'has half of a surrogate pair')
      return value
    case 'boolean':
      return value
    case 'number':
      if (!Number.isFinite(value)) throw refuse(path, 'is not a finite number')
      if (Object.is(value, -0)) throw refuse(path, 'is -0, which JSON sends as 0')
      if (Number.isInteger(value) && !Number.isSafeInteger(value))
        throw refuse(path, 'is a whole number beyond 2^53: send it as a string')
      return value
    case 'object':
      if (value === null) return null
      return read(() => Array.isArray(value), path)
        ? copyArray(value as readonly unknown[], path, depth, budget)
        : copyObject(value, path, depth, budget)
    default:
      throw refuse(
        path,
        `is ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}, which JSON can't carry`,
      )
  }
}

function copyArray(value: readonly unknown[], path: string, depth: number, budget: { left: number }): JsonValue {
  const length = read(() => value.length, path)
  if (!Number.isSafeInteger(length) || length < 0) throw refuse(path, 'is not a plain list')
  spend(budget, length)
  if (read(() => Reflect.ownKeys(value).length, path) !== length + 1) throw refuse(path, 'is not a plain list')
  return Object.freeze(
    Array.from({ length }, (_, n) => copy(own(value, String(n), `${path}[${n}]`), `${path}[${n}]`, depth + 1, budget)),
  )
}

function copyObject(value: object, path: string, depth: number, budget: { left: number }): JsonValue {
  const prototype: unknown = read(() => Object.getPrototypeOf(value) as unknown, path)
  if (prototype !== null && read(() => Object.getPrototypeOf(prototype) as unknown, path) !== null)
    throw refuse(path, 'is not a plain object')
  const copied: Record<string, JsonValue> = {}
  for (const key of read(() => Reflect.ownKeys(value), path)) {
    if (typeof key === 'symbol') throw refuse(path, 'has a symbol as a key')
    spend(budget, key.length)
    if (!key.isWellFormed()) throw refuse(path, 'has a key with half of a surrogate pair')
    // Validators drop this key before the call is sent, so the sent arguments would differ from the shown ones.
    if (key === '__proto__') throw refuse(path, 'has the key __proto__')
    const at = `${path}.${key.slice(0, 64)}`
    copied[key] = copy(own(value, key, at), at, depth + 1, budget)
  }
  return Object.freeze(copied)
}

/** Whether a text is longer in UTF-8, where a UTF-16 unit takes at most 3 bytes. */
function isLongerThan(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes
}

/** Stops before a huge value is copied; the exact size is checked afterwards. */
function spend(budget: { left: number }, characters: number): void {
  budget.left -= characters
  if (budget.left < 0) throw refuse('args', 'is too large')
}

/** A data property's value, read once; a getter could return another value the next time. */
function own(value: object, key: string, path: string): unknown {
  const property = read(() => Object.getOwnPropertyDescriptor(value, key), path)
  if (property === undefined || !('value' in property)) throw refuse(path, 'is not a plain value')
  if (property.enumerable !== true) throw refuse(path, 'is not enumerable, so it would not be sent')
  return property.value as unknown
}

/** A proxy can throw any value. */
function read<T>(work: () => T, path: string): T {
  try {
    return work()
  } catch {
    throw refuse(path, "can't be read")
  }
}

function refuse(path: string, message: string): IntegrationError {
  const short = path.slice(0, 200)
  return new IntegrationError('invalid_input', `The arguments can't be sent as they are: ${short} ${message}.`, {
    fields: [{ path: short, message }],
  })
}
