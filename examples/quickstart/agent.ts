import { generateText, stepCountIs, type ToolSet } from 'ai'
import { MockLanguageModelV3 } from 'ai/test'

/** What the model asks for: a tool by its name in the toolset. */
export interface PlannedCall {
  readonly toolName: string
  readonly input: object
}

/** An agent loop of the AI SDK. The model is a mock, so that no account is needed: it calls these tools one by one. */
export async function runAgent(tools: ToolSet, plan: readonly PlannedCall[]) {
  const steps = plan.map(({ toolName, input }, n) => ({
    content: [{ type: 'tool-call' as const, toolCallId: `call-${n}`, toolName, input: JSON.stringify(input) }],
    finishReason: { unified: 'tool-calls' as const, raw: undefined },
    ...unmeasured,
  }))
  const farewell = {
    content: [{ type: 'text' as const, text: 'Done.' }],
    finishReason: { unified: 'stop' as const, raw: undefined },
    ...unmeasured,
  }
  const model = new MockLanguageModelV3({ doGenerate: [...steps, farewell] })
  await generateText({ model, tools, prompt: 'Show me what you can do.', stopWhen: stepCountIs(plan.length + 1) })
  // What the model has read of each tool, in order.
  return (model.doGenerateCalls.at(-1)?.prompt ?? []).flatMap((message) =>
    message.role === 'tool'
      ? message.content.flatMap((part) => (part.type === 'tool-result' ? [textOf(part.output)] : []))
      : [],
  )
}

const unmeasured = {
  usage: {
    inputTokens: { total: 0, noCache: 0, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 0, text: 0, reasoning: undefined },
  },
  warnings: [],
}

function textOf(output: { readonly type: string; readonly value?: unknown }): string {
  return typeof output.value === 'string' ? output.value : JSON.stringify(output)
}
