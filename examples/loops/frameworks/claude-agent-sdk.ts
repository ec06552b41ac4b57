// The Claude Agent SDK with its own command line, against a Messages API on loopback:
// node scripts/run.mjs --lane node-20 examples/loops/frameworks/claude-agent-sdk.ts
// #region imports
import { query } from '@anthropic-ai/claude-agent-sdk'
import { claudeAgentTools } from 'mcp-integrations/claude-agent-sdk'
// #endregion
import type { Toolset } from 'mcp-integrations'
import type { Step } from '../../../test/bridges/bench.js'
import { messagesApi, untilListed, type MessagesApi } from '../../../test/bridges/frameworks/node-20/messages-api.js'
import { tell } from '../story.js'

await tell('claude-agent-sdk', {
  asks: 'ours',
  async begin(toolset, model, folder) {
    const api = await messagesApi(model, 'mcp__tools__')
    const sessionId = await talk(toolset, { prompt: 'Tidy my notes.', api, folder })
    api.close()
    return { sessionId }
  },
  async goOn(toolset, { sessionId }: { sessionId: string }, model: readonly Step[], folder, decided) {
    const api = await messagesApi(model, 'mcp__tools__')
    // #region resume
    // The model has read that two calls wait. What became of them is the next thing that it reads.
    const outcomes = await Promise.all(decided.map(async (id) => (await toolset.resume(id)).modelText))
    await talk(toolset, { prompt: outcomes.join('\n'), resume: sessionId, api, folder })
    // #endregion
    await talk(toolset, { prompt: 'And the other?', resume: sessionId, api, folder })
    api.close()
    return api.requests.map(({ messages }) => JSON.stringify(messages))
  },
})

async function talk(
  toolset: Toolset,
  { prompt, resume, api, folder }: { prompt: string; resume?: string; api: MessagesApi; folder: string },
): Promise<string> {
  const others = { ...(resume === undefined ? {} : { resume }), ...here(api, folder) }
  // #region tools
  const { mcpServers, allowedTools } = claudeAgentTools(toolset)
  // #endregion
  api.waitFor(untilListed(mcpServers.tools!.instance))
  // #region query
  const messages = query({ prompt, options: { mcpServers, allowedTools, ...others } })
  // #endregion
  let sessionId = ''
  for await (const message of messages) if ('session_id' in message) sessionId = message.session_id ?? sessionId
  return sessionId
}

/** An empty home, and no way but to the API on loopback. */
function here(api: MessagesApi, folder: string) {
  return {
    cwd: folder,
    model: 'claude-test',
    settingSources: [],
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      ANTHROPIC_BASE_URL: api.url,
      ANTHROPIC_API_KEY: 'x',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      IS_SANDBOX: '1',
    },
  }
}
