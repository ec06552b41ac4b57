import { Usage, type Model, type ModelRequest, type ModelResponse } from '@openai/agents-core'
import type { Step } from '../bench.js'

let ids = 0

/** The API's own search, before a deferred tool is called. */
function found(name: string, { tools }: ModelRequest): readonly ModelResponse['output'][number][] {
  const tool = tools.find((one) => one.type === 'function' && one.name === name && one.deferLoading === true)
  if (tool === undefined) return []
  return [
    { type: 'tool_search_call', status: 'completed', execution: 'server', arguments: { paths: [name] } },
    {
      type: 'tool_search_output',
      status: 'completed',
      execution: 'server',
      tools: [{ type: 'function', name, deferLoading: true }],
    },
  ] as never // in the form of the wire, which the SDK's types leave open
}

/** A model that says what it is told to, and keeps the requests it got. */
export class ScriptedModel implements Model {
  readonly requests: ModelRequest[] = []

  constructor(readonly script: readonly Step[]) {}

  get left(): number {
    return this.script.length - this.requests.length
  }

  async getResponse(request: ModelRequest): Promise<ModelResponse> {
    const step = this.script[this.requests.length]
    this.requests.push(request)
    if (step === undefined) throw new Error('The script has no more steps.')
    return {
      usage: new Usage(),
      output:
        typeof step === 'string'
          ? [
              {
                type: 'message',
                role: 'assistant',
                status: 'completed',
                content: [{ type: 'output_text', text: step }],
              },
            ]
          : step.flatMap(({ toolName, input, id }) => [
              ...found(toolName, request),
              {
                type: 'function_call',
                callId: id ?? `call_${++ids}`,
                name: toolName,
                arguments: JSON.stringify(input),
                status: 'completed',
              } as const,
            ]),
    }
  }

  // eslint-disable-next-line require-yield
  async *getStreamedResponse(): AsyncGenerator<never> {
    throw new Error('Nobody streams here.')
  }
}
