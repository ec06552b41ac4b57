import { isObject, type Raw } from './absent.js'

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

/** Does the same with all questions of a result, which share one limit. */
export function withBoundedQuestions(result: Raw): Raw {
  const { inputRequests } = result
  if (!isObject(inputRequests)) return result
  if (!isBounded(inputRequests)) return { ...result, inputRequests: 'too large' }
  const questions = Object.entries(inputRequests).map(([id, question]) => [
    id,
    isObject(question) ? { ...question, params: boundedParams(String(question.method), question.params) } : question,
  ])
  return { ...result, inputRequests: Object.fromEntries(questions) as Raw }
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
    if (typeof value !== 'object' || value === null) continue
    for (const key in value) {
      open.push((value as Raw)[key])
      if (count + open.length > maxValues) return false
    }
  }
  return true
}
