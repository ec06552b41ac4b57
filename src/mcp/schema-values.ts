import type { JsonObject, JsonValue } from '../model/json.js'

/** Whether a value is of a type of JSON Schema. */
export function isType(type: JsonValue, value: JsonValue): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return isArray(value)
    case 'object':
      return isObject(value)
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value)
    default:
      return typeof value === type
  }
}

/** Whether a value is a multiple, allowing for the rounding of decimal fractions. */
export function isMultiple(value: number, unit: number): boolean {
  const times = value / unit
  return unit <= 0 || Math.abs(times - Math.round(times)) < 1e-8
}

export function isNumber(value: JsonValue | undefined): value is number {
  return typeof value === 'number'
}

export function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return isNested(value) && !Array.isArray(value)
}

export function isNested(value: JsonValue | undefined): value is JsonObject | readonly JsonValue[] {
  return typeof value === 'object' && value !== null
}

/** An own member of an object or list. */
export function own(value: JsonValue | undefined, key: string): JsonValue | undefined {
  return isNested(value) && Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined
}
