import type { FieldProblem } from './errors.js'
import { isObject } from './json.js'

/**
 * Returns the problems of a value; empty if it is valid. For values that hosts write in code: options and queries are
 * checked as strictly as people's inputs, without loading a schema library before the first request.
 */
export type Shape = (value: unknown, path: string) => readonly FieldProblem[]

/** A value that may be left out. */
export function optional(shape: Shape): Shape {
  return (value, path) => (value === undefined ? [] : shape(value, path))
}

export const flag: Shape = must('be true or false', (value) => typeof value === 'boolean')

export const func: Shape = must('be a function', (value) => typeof value === 'function')

/** An abort signal, of this realm or another. */
export const signal: Shape = must(
  'be an AbortSignal',
  (value) => isObject(value) && typeof value.aborted === 'boolean' && typeof value.addEventListener === 'function',
)

/** A whole number. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Shape {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
  return must(
    `be a whole number ${range}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  )
}

/** Text of 1 to `most` characters. */
export function text(most: number): Shape {
  return must(
    `be text of 1-${most} characters`,
    (value) => typeof value === 'string' && value.length >= 1 && value.length <= most,
  )
}

export function oneOf(...allowed: readonly string[]): Shape {
  return must(`be ${allowed.map((one) => `'${one}'`).join(' or ')}`, (value) => allowed.includes(value as string))
}

/** Text that follows a rule; `rule` completes "must …". */
export function textThat(rule: string, holds: (value: string) => boolean): Shape {
  return must(rule, (value) => typeof value === 'string' && holds(value))
}

export function listOf(item: Shape): Shape {
  return (value, path) =>
    Array.isArray(value)
      ? value.flatMap((each, n) => item(each, `${path}[${n}]`))
      : [{ path, message: 'must be a list' }]
}

/** An object with arbitrary keys, e.g. names of tools. */
export function recordOf(item: Shape): Shape {
  return (value, path) =>
    isObject(value)
      ? Object.entries(value).flatMap(([key, each]) => item(each, below(path, key)))
      : [{ path, message: 'must be an object' }]
}

/** An object with known fields: an unknown key is refused, and the message lists the known ones. */
export function object(fields: Readonly<Record<string, Shape>>): Shape {
  const known = Object.keys(fields)
  return (value, path) => {
    if (!isObject(value)) return [{ path, message: 'must be an object' }]
    const unknown = Object.keys(value).filter((key) => !Object.hasOwn(fields, key))
    return [
      ...unknown.map((key) => ({
        path: below(path, key),
        message: `is not a known field; known are ${known.join(', ')}`,
      })),
      ...known.flatMap((key) => fields[key]!(value[key], below(path, key))),
    ]
  }
}

/** An object of the host (a port, a client) with at least these methods. */
export function having(methods: readonly string[], advice: string): Shape {
  return (value, path) =>
    methods
      .filter((method) => typeof (value as Record<string, unknown> | null | undefined)?.[method] !== 'function')
      .map((method) => ({ path, message: `must have ${method}(): ${advice}` }))
}

/** Like {@link having}, with optional methods. */
export function havingOptional(...methods: readonly string[]): Shape {
  return (value, path) =>
    isObject(value)
      ? methods.flatMap((method) => optional(func)(value[method], below(path, method)))
      : [{ path, message: 'must be an object' }]
}

function must(rule: string, holds: (value: unknown) => boolean): Shape {
  return (value, path) =>
    holds(value) ? [] : [{ path, message: `must ${rule}${value === undefined ? ', and is missing' : ''}` }]
}

function below(path: string, key: string): string {
  const name = key.slice(0, 100)
  return path === '' ? name : `${path}.${name}`
}
