import { z } from 'zod'
import { approvalMode, moment } from './integration.js'

/** Hints of a server about a tool. */
export const annotations = z.looseObject({
  title: z.string().optional(),
  readOnlyHint: z.boolean().optional(),
  destructiveHint: z.boolean().optional(),
  idempotentHint: z.boolean().optional(),
  openWorldHint: z.boolean().optional(),
})

/** A `ToolLabel`. */
export const label = z.strictObject({
  value: z.enum(['read', 'write']),
  source: z.enum(['server', 'connector', 'person']),
  believed: z.boolean(),
})

/** A `ToolChange`. */
export const change = z.strictObject({
  kind: z.enum(['same', 'cosmetic', 'reworded', 'narrowed', 'widened', 'new', 'missing', 'renamed']),
  from: z.string().optional(),
  differences: z.array(
    z.strictObject({ path: z.string(), before: z.unknown().optional(), after: z.unknown().optional() }),
  ),
})

/** The server's own texts and schemas of a tool. */
const said = {
  name: z.string(),
  modelName: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: z.looseObject({}),
  outputSchema: z.looseObject({}).optional(),
}

const tool = z.strictObject({
  ...said,
  annotations: annotations.optional(),
  label: label.optional(),
  definitionHash: z.string(),
  enabled: z.boolean(),
  approval: z.strictObject({ mode: approvalMode, resolved: z.enum(['auto', 'ask', 'deny']), rule: z.string() }),
  agents: z.array(z.string()).optional(),
  change: change.optional(),
})

/** A `ToolOverview`. */
export const toolOverview = z.strictObject({
  tools: z.array(tool),
  missing: z.array(z.string()),
  quarantined: z.array(z.strictObject({ name: z.string(), reason: z.string(), count: z.number().optional() })),
  listedAt: moment.optional(),
  revision: z.string(),
})

const owner = z.strictObject({ id: z.string(), name: z.string(), handle: z.string(), origin: z.string() })

/** The contents of a `Toolset`. */
export const toolset = z.strictObject({
  agentId: z.string(),
  tools: z.array(
    z.strictObject({
      ...said,
      label: label.optional(),
      approval: z.strictObject({ mode: approvalMode, resolved: z.enum(['auto', 'ask']), rule: z.string() }),
      integration: owner,
    }),
  ),
  unavailable: z.array(
    z.strictObject({
      integration: owner,
      name: z.string().optional(),
      reason: z.string(),
      rule: z.string().optional(),
    }),
  ),
})

/** A `CallExplanation`. */
export const explanation = z.union([
  z.strictObject({
    type: z.enum(['auto', 'ask', 'deny']),
    rule: z.string(),
    why: z.string(),
    label: label.optional(),
  }),
  z.strictObject({ type: z.literal('unavailable'), code: z.string(), why: z.string() }),
])
