import { isObject, type Raw } from './absent.js'

/** Values of what a server asks or reports by itself: the SDK checks each of them, in many ways at once. */
const maxValues = 3_000
/** Fields of one form: each is tried as every kind of field there is. */
const maxFields = 100

/**
 * Removes the parameters of a request or notification of the server that would take long to check. Without them it is
 * refused where it needs them.
 */
export function boundedParams(method: string, params: unknown): unknown {
  return isBounded(params) && (method !== 'elicitation/create' || isFillable(params)) ? params : undefined
}

/** Does the same with all questions of an answer, which count together. */
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

/** Whether something holds few values, counted until they are too many. */
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
