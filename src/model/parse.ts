import type { z } from 'zod'
import type { FieldProblem } from './errors.js'
import { reservedHeader } from './header-input.js'
import { invalid } from './invalid.js'

/**
 * Checks an input against its schema.
 * @throws IntegrationError `invalid_input` with the path of every field that is wrong; never with a value
 */
export function parse<T>(what: string, schema: z.ZodType<T>, input: unknown): T {
  // Only with the input does zod tell a missing value from one of a wrong type. No problem repeats a value.
  const result = schema.safeParse(input, { reportInput: true })
  if (result.success) return result.data
  const problems = result.error.issues.slice(0, maxProblems).flatMap(problemsOf)
  throw invalid(what, problems.slice(0, maxProblems))
}

/** The most problems that an error names: an input can have many more, and an error many times its size. */
const maxProblems = 50

function problemsOf(issue: z.core.$ZodIssue): FieldProblem[] {
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The closest alternative explains most.
    const closest = issue.errors.reduce((best, errors) => (errors.length < best.length ? errors : best))
    return closest.flatMap((inner) =>
      problemsOf({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue),
    )
  }
  // An invalid key may be a secret that was pasted into the wrong field, so it is not repeated.
  const isWrongKey = issue.code === 'invalid_key' && !reservedHeader.test(String(issue.path.at(-1)))
  const path = (isWrongKey ? issue.path.slice(0, -1) : issue.path)
    .map((part, n) => (typeof part === 'number' ? `[${part}]` : n === 0 ? String(part) : `.${String(part)}`))
    .join('')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, maxProblems).map((key) => ({
      path: path === '' ? key.slice(0, 100) : `${path}.${key.slice(0, 100)}`,
      message: 'is not a known field',
    }))
  if (issue.code === 'invalid_key' && issue.issues[0] !== undefined)
    return [{ path: path.slice(0, 200), message: (isWrongKey ? 'has a name that ' : '') + issue.issues[0].message }]
  if (issue.code === 'invalid_type')
    return [{ path, message: `must be ${issue.expected}${issue.input === undefined ? ', and is missing' : ''}` }]
  return [{ path: path.slice(0, 200), message: messageOf(issue) }]
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`
  const isOwn = issue.code !== 'too_big' || !issue.message.startsWith('Too big')
  if (isOwn) return issue.message
  return issue.origin === 'array' || issue.origin === 'string'
    ? `must have at most ${issue.maximum} ${issue.origin === 'array' ? 'items' : 'characters'}`
    : `must be at most ${issue.maximum}`
}
