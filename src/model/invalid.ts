import { IntegrationError, type FieldProblem } from './errors.js'

/** An `invalid_input` error that names every wrong field. */
export function invalid(what: string, fields: readonly FieldProblem[]): IntegrationError {
  return new IntegrationError(
    'invalid_input',
    `${what}: ${fields.map(({ path, message }) => `${path === '' ? 'the input' : path} ${message}`).join('; ')}.`,
    { fields },
  )
}
