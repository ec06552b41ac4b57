import type { Problem, ProblemCode } from '../problem.js'

/** The error of every `IntegrationsClient` method, unless its signal aborts or the network fails. */
export class ProblemError extends Error implements Omit<Problem, 'title' | 'detail'> {
  override readonly name = 'ProblemError'
  /** The code of the problem. */
  readonly code: ProblemCode
  /** The HTTP status. */
  readonly status: number
  /** With `invalid_input`: the invalid fields. */
  readonly fields: Problem['fields']
  readonly integrationId: string | undefined
  /** A more specific reason, if there is one. */
  readonly reason: string | undefined
  readonly rule: string | undefined
  /** When to try again, in ms from now. */
  readonly retryAfterMs: number | undefined
  readonly mayHaveRun: true | undefined

  constructor(problem: Problem) {
    super(problem.detail)
    this.code = problem.code
    this.status = problem.status
    this.fields = problem.fields
    this.integrationId = problem.integrationId
    this.reason = problem.reason
    this.rule = problem.rule
    this.retryAfterMs = problem.retryAfterMs
    this.mayHaveRun = problem.mayHaveRun
  }
}

/** The error in a response. A proxy in between may send an error of another form. */
export async function problemError(response: Response): Promise<ProblemError> {
  const isProblem = response.headers.get('content-type')?.includes('application/problem+json') === true
  const problem = isProblem ? ((await response.json().catch(() => undefined)) as Problem | undefined) : undefined
  return new ProblemError(
    problem ?? {
      status: response.status,
      code: 'internal',
      title: 'Internal',
      detail: `The request failed with HTTP status ${response.status}.`,
    },
  )
}
