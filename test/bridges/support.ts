import type { ModelMessage } from 'ai'
import { MockLanguageModelV3 } from 'ai/test'
import type { Step } from './bench.js'

export { bench, person, readNote, writeNote } from './bench.js'

/** As with real models, no id of a call comes twice. */
let ids = 0

/** A model that says what it is told to, and keeps the prompts it got. */
export function model(...steps: readonly Step[]): MockLanguageModelV3 {
  const told = steps.map((step) => {
    const calls = typeof step === 'string' ? [] : step
    return {
      content:
        typeof step === 'string'
          ? [{ type: 'text' as const, text: step }]
          : calls.map(({ toolName, input, id }) => ({
              type: 'tool-call' as const,
              toolCallId: id ?? `call-${++ids}`,
              toolName,
              input: JSON.stringify(input),
            })),
      finishReason: { unified: calls.length > 0 ? ('tool-calls' as const) : ('stop' as const), raw: undefined },
      usage: {
        inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
        outputTokens: { total: 1, text: 1, reasoning: undefined },
      },
      warnings: [],
    }
  })
  return new MockLanguageModelV3({ doGenerate: told })
}

/** The outputs of tools as the model read them, in order. */
export function outputsRead(llm: MockLanguageModelV3): readonly unknown[] {
  const prompt = llm.doGenerateCalls.at(-1)?.prompt ?? []
  return prompt.flatMap((message) =>
    message.role === 'tool'
      ? message.content.flatMap((part) => (part.type === 'tool-result' ? [part.output] : []))
      : [],
  )
}

/** The messages with the person's answer to every request in them. */
export function answered(messages: readonly ModelMessage[], approved: boolean): ModelMessage[] {
  const requests = messages.flatMap((message) =>
    message.role === 'assistant' && typeof message.content !== 'string'
      ? message.content.filter((part) => part.type === 'tool-approval-request')
      : [],
  )
  return [
    ...messages,
    {
      role: 'tool',
      content: requests.map(({ approvalId }) => ({ type: 'tool-approval-response' as const, approvalId, approved })),
    },
  ]
}
