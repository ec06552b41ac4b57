import { z } from 'zod'
import type { ToolSettings } from '../../index.js'
import { acceptToolsInput, configureToolsInput } from '../../model/input.js'
import { route, tagged } from '../route.js'
import { schemas } from '../schemas.js'
import { text } from './query.js'

/** The tools of an integration, and the toolsets of agents. */
export const toolRoutes = [
  route({
    verb: 'tools',
    method: 'GET',
    path: '/integrations/{id}/tools',
    summary: 'Every tool: label, enabled, approval mode, its effect and why',
    result: schemas.ToolOverview,
    run: async ({ mine, params, signal }) => tagged(await mine.tools(params.id, { signal })),
  }),
  route({
    verb: 'configureTools',
    method: 'PATCH',
    path: '/integrations/{id}/tools',
    summary: 'Sets settings of many tools by name; If-Match names the revision that was read',
    body: configureToolsInput,
    ifMatch: 'required',
    run: ({ mine, params, body, ifMatch, signal }) =>
      mine.configureTools(params.id, body as Readonly<Record<string, ToolSettings>>, { ifRevision: ifMatch, signal }),
  }),
  route({
    verb: 'refreshTools',
    method: 'POST',
    path: '/integrations/{id}/tools/refresh',
    summary: 'Reads the tools of the server now',
    result: schemas.ToolOverview,
    run: async ({ mine, params, signal }) => tagged(await mine.refreshTools(params.id, { signal })),
  }),
  route({
    verb: 'acceptTools',
    method: 'POST',
    path: '/integrations/{id}/tools/accept',
    summary: 'Accepts new or changed tools: by name, the definitionHash that was reviewed',
    body: z.strictObject({ tools: acceptToolsInput }),
    run: ({ mine, params, body, signal }) => mine.acceptTools(params.id, body.tools, { signal }),
  }),
  route({
    verb: 'available',
    method: 'GET',
    path: '/connectors',
    summary: 'The catalogue',
    result: schemas.ConnectorList,
    run: async ({ mine, signal }) => ({ connectors: await mine.available({ signal }) }),
  }),
  route({
    verb: 'me',
    method: 'GET',
    path: '/me',
    summary: 'The current actor: workspace, user, role, and whether they can decide approvals of other people',
    result: schemas.Me,
    run: ({ mine, signal }) => mine.me({ signal }),
  }),
  route({
    verb: 'agents',
    method: 'GET',
    path: '/agents',
    summary: 'The agents of the registry',
    result: schemas.AgentList,
    run: async ({ mine, signal }) => ({ agents: await mine.agents({ signal }) }),
  }),
  route({
    verb: 'toolset',
    method: 'GET',
    path: '/agents/{id}/tools',
    summary: 'The tools that an agent can call for you now, and the unavailable ones with their reasons',
    result: schemas.Toolset,
    query: z.strictObject({ conversationId: text.optional() }),
    async run({ mine, params, query, signal }) {
      const { agentId, tools, unavailable } = await mine.toolset(params.id, { ...query, signal })
      return { agentId, tools, unavailable }
    },
  }),
  route({
    verb: 'toolset',
    name: 'explain',
    method: 'POST',
    path: '/explain',
    summary: 'The effect of a call and the rule that decides it; runs nothing',
    result: schemas.Explanation,
    body: z.strictObject({
      agentId: text,
      toolName: text,
      args: z.record(z.string(), z.unknown()).optional(),
      conversationId: text.optional(),
    }),
    async run({ mine, body: { agentId, toolName, args, conversationId }, signal }) {
      return (await mine.toolset(agentId, { conversationId, signal })).explain(toolName, args)
    },
  }),
]
