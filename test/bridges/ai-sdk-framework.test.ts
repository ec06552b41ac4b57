import * as ai from 'ai'
import { generateText, stepCountIs, type ModelMessage, type ToolSet } from 'ai'
import type { MockLanguageModelV3 } from 'ai/test'
import { aiSdkTools } from 'mcp-integrations/ai-sdk'
import type { Step } from './bench.js'
import { describeFramework, type Answer, type Conversation, type Read } from './matrix.js'
import { model } from './support.js'

const version = 'isStepCount' in ai ? 7 : 6

describeFramework({
  name: `ai-sdk ${version}`,
  search: version === 7 ? 'tool_search' : 'two tools',
  image: 'shown',
  audio: 'named',
  begin(toolset, script, { asks, signal, hostLetsAll = false, ...options } = {}) {
    const tools = aiSdkTools(toolset, { approval: asks === 'its own' ? 'native' : 'confirm', ...options })
    return goOn(hostLetsAll ? neverAsking(tools) : tools, [{ role: 'user', content: 'Go.' }], script, signal)
  },
  resume(toolset, stored, script, answers = []) {
    const messages = JSON.parse(stored) as ModelMessage[]
    return goOn(aiSdkTools(toolset, { approval: 'native' }), [...messages, answerTo(messages, answers)], script)
  },
})

/** As the function of a host that decides for itself. */
function neverAsking(tools: ToolSet): ToolSet {
  return Object.fromEntries(
    Object.entries(tools).map(([name, tool]) => [name, { ...tool, needsApproval: () => false } as ToolSet[string]]),
  )
}

async function goOn(
  tools: ToolSet,
  messages: ModelMessage[],
  script: readonly Step[],
  abortSignal?: AbortSignal,
): Promise<Conversation> {
  const first = script.findIndex((step) => typeof step === 'string') + 1 || script.length
  const llm = model(...script.slice(0, first))
  const result = await generateText({
    model: llm,
    tools,
    messages,
    stopWhen: stepCountIs(20),
    maxRetries: 0,
    ...(abortSignal === undefined ? {} : { abortSignal }),
  })
  // In version 7, `response.messages` are without the results of what was approved.
  const said = (result as { responseMessages?: ModelMessage[] }).responseMessages ?? result.response.messages
  const all = [...messages, ...said]
  if (first < script.length) return goOn(tools, [...all, { role: 'user', content: 'Go on.' }], script.slice(first))
  const asks = result.content.some((part) => part.type === 'tool-approval-request')
  return {
    text: asks ? undefined : result.text,
    read: readBy(llm),
    shown: (llm.doGenerateCalls[0]?.tools ?? []).map(({ name }) => name),
    firstRequest: JSON.stringify(llm.doGenerateCalls[0]?.tools ?? []),
    stored: JSON.stringify(all),
  }
}

function answerTo(messages: readonly ModelMessage[], answers: readonly Answer[]): ModelMessage {
  const requests = messages.flatMap(({ role, content }) =>
    role === 'assistant' && typeof content !== 'string'
      ? content.flatMap((part) => (part.type === 'tool-approval-request' ? [part.approvalId] : []))
      : [],
  )
  return {
    role: 'tool',
    content: requests.map((approvalId, n) => {
      const answer = answers[n]!
      const approved = answer === 'approve'
      const reason = typeof answer === 'object' && 'reason' in answer ? answer.reason : undefined
      return { type: 'tool-approval-response', approvalId, approved, ...(reason === undefined ? {} : { reason }) }
    }),
  }
}

function readBy(llm: MockLanguageModelV3): readonly Read[] {
  return (llm.doGenerateCalls.at(-1)?.prompt ?? []).flatMap((message) =>
    message.role !== 'tool'
      ? []
      : message.content.flatMap((part): readonly Read[] => {
          if (part.type !== 'tool-result') return []
          const { output } = part as { output: { type: string; value?: unknown; reason?: string } }
          if (output.type === 'execution-denied') return [{ text: output.reason ?? 'denied', media: [] }]
          if (output.type !== 'content') {
            const { value } = output
            return [{ text: typeof value === 'string' ? value : JSON.stringify(value), media: [] }]
          }
          const parts = output.value as { type: string; text?: string; mediaType?: string }[]
          return [
            {
              text: parts.flatMap(({ text }) => (text === undefined ? [] : [text])).join('\n'),
              media: parts.flatMap(({ mediaType }) => (mediaType === undefined ? [] : [mediaType])),
            },
          ]
        }),
  )
}
