import { atFirstUse } from '../../model/at-first-use.js'
import type { JsonObject, JsonValue } from '../../model/json.js'
import { visible } from '../../model/visible-text.js'
import { WorkBudget } from '../../model/work-budget.js'
import type { Context } from '../state/context.js'
import type { Ended } from './ended-outcome.js'
import { recordCall } from './record-call.js'
import type { ResolvedCall } from './resolved-call.js'

/** The maximum number of problems in one message to the model. */
const maxProblems = 10
/** The work budget of finding them. */
const maxWork = 400_000

/**
 * Ends a call before a person is asked if its arguments don't match the tool's input schema, so that the model can
 * correct them. If the check would cost too much, the person is asked.
 */
export async function refuseInvalidArguments(
  context: Context,
  call: ResolvedCall,
  rule: string,
): Promise<Ended | undefined> {
  const { schemaFit } = await loadValidation()
  const { inputSchema } = call.tool.definition
  if (schemaFit(inputSchema, call.args.value) !== 'mismatch') return undefined
  // All fields share one budget: beyond it, a problem has no words of its own.
  const work = new WorkBudget(maxWork)
  const misfits = (schema: JsonObject, value: JsonValue): boolean => schemaFit(schema, value, work) === 'mismatch'
  const problems = problemsOf(inputSchema, call.args.value, misfits)
  await recordCall(context, call, { rule, outcome: 'not_run' })
  const which = problems.length === 0 ? 'They don’t fit the tool’s input schema' : problems.join('; ')
  return {
    type: 'ended',
    outcome: {
      type: 'not_run',
      because: 'invalid_arguments',
      reason: which,
      modelText: `The call of ${call.modelName} has not run, and nobody was asked: its arguments don’t fit the tool’s input schema. ${which}. Correct them and call again.`,
    },
  }
}

/** The problems of single fields of the arguments. */
function problemsOf(
  schema: JsonObject,
  args: JsonObject,
  misfits: (schema: JsonObject, value: JsonValue) => boolean,
): readonly string[] {
  const { $defs, definitions } = schema
  const properties = objectOf(schema.properties)
  const required = Array.isArray(schema.required) ? schema.required : []
  const missing = required
    .filter((name): name is string => typeof name === 'string' && !Object.hasOwn(args, name))
    .map((name) => `${shown(name)} is missing`)
  const wrong = Object.entries(args).flatMap(([name, value]) => {
    if (!Object.hasOwn(properties, name))
      return schema.additionalProperties === false ? [`${shown(name)} is not a field of this tool`] : []
    const own = objectOf(properties[name])
    const whole: JsonObject = {
      ...own,
      ...($defs === undefined ? undefined : { $defs }),
      ...(definitions === undefined ? undefined : { definitions }),
    }
    if (!misfits(whole, value)) return []
    return [
      `${shown(name)} doesn’t fit its schema${typeof own.type === 'string' ? ` (type ${visible(own.type, 40)})` : ''}`,
    ]
  })
  return [...missing, ...wrong].slice(0, maxProblems)
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

function shown(name: string): string {
  return `\`${visible(name, 64)}\``
}

const loadValidation = atFirstUse(() => import('../../mcp/output-validation.js'))
