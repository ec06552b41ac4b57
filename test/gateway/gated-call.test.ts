import { expect, it } from 'vitest'
import type { ActorIntegrations, ToolContent, Toolset, ToolCallOutcome } from 'mcp-integrations'
import { callThroughGate } from '../../src/gateway/gated-call.js'

it('returns a result that every client accepts: a tool that has run is not called again for one invalid block', async () => {
  const content: readonly ToolContent[] = [
    { type: 'hologram', x: 1 },
    { type: 'text', text: 'fine' },
  ]
  const outcome: ToolCallOutcome = { type: 'completed', result: { content }, modelText: '' }
  const toolset = { tools: [], call: async () => outcome } as unknown as Toolset
  const call = { modelName: 'notes__go', args: {}, agentId: 'assistant', conversationId: 'c' }

  expect(await callThroughGate({} as ActorIntegrations, toolset, call)).toEqual({
    content: [
      { type: 'text', text: '{"type":"hologram","x":1}' },
      { type: 'text', text: 'fine' },
    ],
  })
})
