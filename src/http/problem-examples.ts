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
    'Integration "Linear" was changed by another person or process at the same time. Read it again, then repeat the change.',
  ),
  precondition_required: new Refusal(
    'precondition_required',
    'PATCH /integrations/{id}/tools needs If-Match with the ETag that was read.',
  ),
  limit_reached: new IntegrationError(
    'limit_reached',
    'POST /check is limited to 30 times a minute. Try again in a moment.',
    {
      retryAfterMs: 20_000,
    },
  ),
} as const satisfies Partial<Record<ProblemCode, Error>>

/** A code with an example in the OpenAPI document. */
export type ExampleCode = keyof typeof errors

/** An example of a problem, created by the same code as real ones. */
export function exampleProblem(code: ExampleCode): Problem {
  return problemOf(errors[code])
}
