import { z } from 'zod'
import { connectResult } from './integration.js'

const field = z.strictObject({ path: z.string(), message: z.string() })

/** A `ListPreview`. */
export const listPreview = z
  .strictObject({
    format: z.enum(['mcp.json', 'codex', 'server.json']),
    servers: z.array(
      z.strictObject({
        name: z.string(),
        description: z.string().optional(),
        url: z.string().optional(),
        headers: z.array(z.strictObject({ name: z.string(), secret: z.boolean(), given: z.boolean() })),
        variables: z.array(
          z.strictObject({
            name: z.string(),
            description: z.string().optional(),
            secret: z.boolean(),
            required: z.boolean(),
            default: z.string().optional(),
            choices: z.array(z.string()).optional(),
            hasDefault: z.boolean(),
          }),
        ),
        oauth: z.strictObject({ clientId: z.string().optional(), scopes: z.array(z.string()).optional() }).optional(),
        enabled: z.boolean(),
        suggestions: z.strictObject({
          autoApprove: z.array(z.string()).optional(),
          enabledTools: z.array(z.string()).optional(),
          disabledTools: z.array(z.string()).optional(),
          trusted: z.boolean().optional(),
        }),
        unsupported: z.string().optional(),
        notes: z.array(z.string()),
      }),
    ),
  })
  .describe('With preview=1: the servers that would be connected')

/** The result of each server of a list. */
export function importReport(problem: z.ZodType) {
  const name = z.string()
  return z
    .strictObject({
      rows: z.array(
        z.discriminatedUnion('type', [
          z.strictObject({
            name,
            type: z.enum(['connected', 'authorization_required', 'failed']),
            result: connectResult,
          }),
          z.strictObject({ name, type: z.literal('unsupported'), message: z.string() }),
          z.strictObject({ name, type: z.literal('missing_answers'), fields: z.array(field) }),
          z.strictObject({ name, type: z.literal('refused'), problem }),
        ]),
      ),
    })
    .describe('The result of each server')
}
