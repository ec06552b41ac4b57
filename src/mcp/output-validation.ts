import type { JsonObject, JsonValue } from '../model/json.js'
import { withinBudget, WorkBudget } from '../model/work-budget.js'
import { fits } from './schema-check.js'

/** The work budget of one check: some tens of milliseconds. */
const maxWork = 400_000

/** Whether a value fits a schema. `not_checked`: the check would cost too much. */
export type SchemaFit = 'fits' | 'mismatch' | 'not_checked'

/** The reason why structured content may not match its tool's output schema. */
export interface OutputProblem {
  readonly code: 'output_schema' | 'not_checked'
  readonly message: string
}

/**
 * Checks structured content against its tool's output schema, in bounded time.
 *
 * @returns the problem; `undefined` if there is none
 */
export function outputProblem(
  outputSchema: JsonObject,
  structuredContent: JsonValue | undefined,
): OutputProblem | undefined {
  if (structuredContent === undefined)
    return { code: 'output_schema', message: 'The tool declares an output schema but returned no structured content.' }
  switch (schemaFit(outputSchema, structuredContent)) {
    case 'mismatch':
      return { code: 'output_schema', message: "The structured content doesn't match the tool's output schema." }
    case 'not_checked':
      return {
        code: 'not_checked',
        message:
          "The structured content was not checked against the tool's output schema: both are too large for that.",
      }
    case 'fits':
      return undefined
  }
}

/**
 * Whether a value fits a schema, checked in bounded time.
 *
 * @param work - shared by several checks; `@default` one of its own
 */
export function schemaFit(schema: JsonObject, value: JsonValue, work: WorkBudget = new WorkBudget(maxWork)): SchemaFit {
  return withinBudget<SchemaFit>(() => (fits(schema, value, work) ? 'fits' : 'mismatch'), 'not_checked')
}
