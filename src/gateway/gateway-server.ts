import {
  Server,
  type CallToolRequest,
  type CallToolResult,
  type ServerContext,
  type ServerEventBus,
} from '@modelcontextprotocol/server'
import { isIntegrationError } from '../index.js'
import type { Actor, ActorIntegrations, ConfirmRequest, IntegrationRegistry, ToolsetTool } from '../index.js'
import { changesToolsets } from '../model/event.js'
import { callThroughGate } from './gated-call.js'

/** The toolset that one MCP server of a gateway serves. */
export interface ServedToolset<AgentId extends string> {
  readonly actor: Actor
  readonly agent: AgentId
  readonly approvalUrl?: ((approval: ConfirmRequest) => string) | undefined
  readonly onError: (error: unknown) => void
}

/** The message for a client about an error of the host, whose own text may hold a secret. */
export const unexpected = 'The request failed unexpectedly. The host has the details in its own logs.'

/** An MCP server of one agent's toolset for one actor. Stateless: permissions are checked for every request. */
export function gatewayServer<AgentId extends string>(
  registry: IntegrationRegistry<AgentId>,
  { actor, agent, approvalUrl, onError }: ServedToolset<AgentId>,
): Server {
  const mine = registry.actingAs(actor)
  // One conversation for all sessions, so that a repeated call finds its approval.
  const conversationId = `gateway/${agent}`
  const toolset = () => mine.toolset(agent, { conversationId, confirm: () => 'defer' })
  const server = new Server(
    { name: `mcp-integrations/${agent}`, version: '1' },
    {
      capabilities: { tools: { listChanged: true } },
      instructions:
        'A tool call may have to wait for a person to approve it. Its result then says so: make the same call again later.',
    },
  )
  const answering = <T>(work: () => Promise<T>): Promise<T> =>
    work().catch((error: unknown) => {
      if (isIntegrationError(error)) throw error
      onError(error)
      throw new Error(unexpected)
    })
  const call = async ({ params }: CallToolRequest, context: ServerContext): Promise<CallToolResult> => {
    const { progressToken } = context.mcpReq._meta ?? {}
    return callThroughGate(mine, await toolset(), {
      modelName: params.name,
      args: params.arguments ?? {},
      agentId: agent,
      conversationId,
      signal: context.mcpReq.signal,
      approvalUrl,
      onProgress:
        progressToken === undefined
          ? undefined
          : (progress) =>
              void context.mcpReq
                .notify({ method: 'notifications/progress', params: { ...progress, progressToken } })
                .catch(() => {}),
    })
  }
  server.setRequestHandler('tools/list', () => answering(async () => ({ tools: (await toolset()).tools.map(listed) })))
  server.setRequestHandler('tools/call', (request, context) => answering(() => call(request, context)))
  return server
}

/** Calls `changed` when a toolset of this actor may have changed. @returns a function that stops listening */
export function onToolsetChange(mine: Pick<ActorIntegrations, 'on'>, changed: () => void): () => void {
  return mine.on('*', ({ type }) => {
    if (changesToolsets(type)) changed()
  })
}

/** Tool list changes for `subscriptions/listen` streams of 2026-07-28. */
export function toolsetChanges(mine: Pick<ActorIntegrations, 'on'>): ServerEventBus {
  return {
    publish: () => {},
    subscribe: (listener) => onToolsetChange(mine, () => listener({ kind: 'tools_list_changed' })),
  }
}

/** A tool as listed to a client. Annotations of a server are passed on only if the server is trusted. */
function listed({ modelName, title, description, inputSchema, outputSchema, label, approval }: ToolsetTool) {
  return {
    name: modelName,
    title,
    description,
    inputSchema: inputSchema as { type: 'object' },
    // A waiting call returns no structured content, which a client would reject if the tool has an output schema.
    outputSchema: approval.resolved === 'auto' ? (outputSchema as { type: 'object' } | undefined) : undefined,
    annotations: { title, readOnlyHint: label?.value === 'read' && label.believed !== false },
  }
}
