import { invalid } from '../../model/invalid.js'
import type { JsonObject } from '../../model/json.js'
import type { Context } from '../state/context.js'
import type { ApprovalRecord, IntegrationRecord, ToolsRecord } from '../state/records.js'
import { versioned } from '../state/read-record.js'
import { keys, ownerKey, sharedOwner } from '../state/keys.js'

/**
 * Checks arguments that a person edited against the tool's schema.
 * @throws IntegrationError `invalid_input`
 */
export async function checkEditedArguments(
  context: Context,
  approval: ApprovalRecord,
  args: JsonObject,
): Promise<void> {
  const { request, binding } = approval
  const { id } = request.integration
  const mine = ownerKey(request.userId)
  const { records } = await context.storage.read(request.workspaceId, [
    keys.integration(id),
    keys.tools(id, sharedOwner),
    keys.tools(id, mine),
  ])
  const owner = versioned<IntegrationRecord>(records[0])?.value.credentials === 'per_user' ? mine : sharedOwner
  const manifest = versioned<ToolsRecord>(records[owner === sharedOwner ? 1 : 2])?.value
  const [list] = manifest === undefined ? [] : await context.lists.load(request.workspaceId, [manifest])
  const tool = list?.get(binding.tool)
  // A missing or changed tool supersedes the approval when it is used.
  if (tool === undefined) return
  const { schemaFit } = await import('../../mcp/output-validation.js')
  if (schemaFit(tool.definition.inputSchema, args) === 'mismatch')
    throw invalid('decide()', [{ path: 'args', message: "must fit the tool's input schema" }])
}
