import { IntegrationError } from '../index.js'
import { problemOf, Refusal, type Problem, type ProblemCode } from './problem.js'

const errors = {
  unauthenticated: new Refusal('unauthenticated', 'Sign in to the application first.'),
  not_found: new IntegrationError(
    'not_found',
    'Integration "4f0q" was not found, or you don\'t have access to it. Use an id from list().',
  ),
  forbidden: new IntegrationError(
    'forbidden',
    'You can\'t change the URL or headers of "Linear": only its owner can.',
    {
      integrationId: '4f0q',
    },
  ),
  invalid_input: new IntegrationError('invalid_input', 'name must not be empty.', {
    fields: [{ path: 'name', message: 'must not be empty' }],
  }),
  precondition_failed: new Refusal(
    'precondition_failed',
    'Integration "Linear" was changed in the meantime. Read it again, and decide on what it is now.',
  ),
  precondition_required: new Refusal(
    'precondition_required',
    'PATCH /integrations/{id}/tools needs If-Match with the ETag of what was looked at.',
  ),
  limit_reached: new IntegrationError('limit_reached', 'This was asked too often within a minute. Try again later.', {
    retryAfterMs: 20_000,
  }),
} as const satisfies Partial<Record<ProblemCode, Error>>

/** A code that the document shows an example of. */
export type ExampleCode = keyof typeof errors

/** What a refusal looks like: made by the code that makes the real ones. */
export function exampleProblem(code: ExampleCode): Problem {
  return problemOf(errors[code])
}
