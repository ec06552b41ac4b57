import { isObject } from '../model/json.js'
import { IntegrationError } from '../model/errors.js'
import type { Raw } from './absent.js'

/** The limit of values in a request or notification of the server, because the SDK checks each value in many ways. */
const maxValues = 3_000
/** The limit of fields in one form, because the SDK tries each field as every type. */
const maxFields = 100

/**
 * Removes parameters of a server's request or notification that would take long to check. The SDK then refuses the
 * message if it needs them.
 */
export function boundedParams(method: string, params: unknown): unknown {
  return isBounded(params) && (method !== 'elicitation/create' || isFillable(params)) ? params : undefined
}

/**
 * Checks that all questions of a result, which share one limit, are short. Reading them again would take long too.
 *
 * @throws IntegrationError `protocol_error`
 */
export function requireShortQuestions({ inputRequests }: Raw): void {
  if (!isObject(inputRequests)) return
  const areShort =
    isBounded(inputRequests) &&
    Object.values(inputRequests).every(
      (question) => !isObject(question) || question.method !== 'elicitation/create' || isFillable(question.params),
    )
  if (areShort) return
  throw new IntegrationError(
    'protocol_error',
    "The server asked more than a person can answer. Report it to the server's author.",
    { mayHaveRun: true },
  )
}

function isFillable(params: unknown): boolean {
  const schema = isObject(params) ? params.requestedSchema : undefined
  const fields = isObject(schema) && isObject(schema.properties) ? Object.keys(schema.properties) : []
  return fields.length <= maxFields
}

/** Whether a value contains few values. Stops counting at the limit. */
function isBounded(given: unknown): boolean {
  const open = [given]
  for (let count = 0; open.length > 0; count++) {
    if (count + open.length > maxValues) return false
    const value = open.pop()
    // Naming the items of a long list takes longer than looking at them.
    if (Array.isArray(value) && count + open.length + value.length > maxValues) return false
    if (typeof value !== 'object' || value === null) continue
    for (const key in value) {
      open.push((value as Raw)[key])
      if (count + open.length > maxValues) return false
    }
  }
  return true
}
