import {
  Agent,
  run,
  RunState,
  setTracingDisabled,
  type AgentInputItem,
  type Model,
  type Tool,
} from '@openai/agents-core'
import { openaiAgentsTools } from 'mcp-integrations/openai-agents'
import { ScriptedModel } from './agents-model.js'
import { describeFramework, type Answer, type Conversation, type Read } from '../matrix.js'

setTracingDisabled(true)

describeFramework({
  name: 'openai-agents',
  search: 'native',
  image: 'shown',
  audio: 'named',
  begin: (toolset, script, { asks, signal, hostLetsAll = false, ...options } = {}) => {
    const scripted = new ScriptedModel(script)
    const tools = openaiAgentsTools(toolset, { approval: asks === 'its own' ? 'native' : 'confirm', ...options })
    return goOn(agentOf(scripted, hostLetsAll ? neverAsking(tools) : tools), scripted, 'Go.', signal)
  },
  async resume(toolset, stored, script, answers = []) {
    const scripted = new ScriptedModel(script)
    const agent = agentOf(scripted, openaiAgentsTools(toolset, { approval: 'native' }))
    const state = await RunState.fromString(agent, stored)
    state.getInterruptions().forEach((item, n) => decide(state, item, answers[n]!))
    return goOn(agent, scripted, state)
  },
})

/** As the function of a host that decides for itself. */
function neverAsking(tools: ReturnType<typeof openaiAgentsTools>): typeof tools {
  return tools.map((tool) => (tool.type === 'function' ? { ...tool, needsApproval: async () => false } : tool))
}

function agentOf(model: Model, tools: ReturnType<typeof openaiAgentsTools>) {
  // The bridge's own types, held against the SDK's.
  const sdkTools: Tool[] = tools
  return new Agent({ name: 'Assistant', model, tools: sdkTools })
}

type OurAgent = ReturnType<typeof agentOf>
type OurState = RunState<unknown, OurAgent>

async function goOn(
  agent: OurAgent,
  model: ScriptedModel,
  input: string | AgentInputItem[] | OurState,
  signal?: AbortSignal,
): Promise<Conversation> {
  const result = await run(agent, input, { maxTurns: 20, ...(signal === undefined ? {} : { signal }) })
  const isAsking = result.interruptions.length > 0
  if (!isAsking && model.left > 0) return goOn(agent, model, [...result.history, { role: 'user', content: 'Go on.' }])
  return {
    text: isAsking ? undefined : result.finalOutput,
    read: result.history.flatMap(readIn),
    shown: (model.requests[0]?.tools ?? []).flatMap((tool) => (tool.type === 'function' ? [tool.name] : [])),
    firstRequest: JSON.stringify(model.requests[0]?.tools ?? []),
    stored: result.state.toString(),
  }
}

function decide(state: OurState, item: Parameters<OurState['approve']>[0], answer: Answer): void {
  if (answer === 'approve') state.approve(item)
  else state.reject(item, typeof answer === 'object' && 'reason' in answer ? { message: answer.reason! } : {})
}

function readIn(item: AgentInputItem): readonly Read[] {
  if (item.type !== 'function_call_result') return []
  const output = item.output as unknown
  const parts = (typeof output === 'string' ? [{ text: output }] : Array.isArray(output) ? output : [output]) as {
    text?: string
    image?: string
  }[]
  return [
    {
      text: parts.flatMap(({ text }) => (text === undefined ? [] : [text])).join('\n'),
      media: parts.flatMap(({ image }) =>
        typeof image === 'string' ? [/^data:([^;]+)/.exec(image)?.[1] ?? image] : [],
      ),
    },
  ]
}
