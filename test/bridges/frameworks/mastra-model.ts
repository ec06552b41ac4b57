import type { Step } from '../bench.js'

let ids = 0

export interface Message {
  readonly role: string
  readonly content: string | readonly { readonly output?: { readonly type: string; readonly value: unknown } }[]
}

interface ModelRequest {
  readonly prompt: readonly Message[]
  readonly tools?: readonly { readonly name: string }[]
}

/** A model that says what it is told to, and keeps the requests it got. */
export class ScriptedModel {
  readonly specificationVersion = 'v2'
  readonly provider = 'test'
  readonly modelId = 'scripted'
  readonly supportedUrls = {}
  readonly requests: ModelRequest[] = []

  constructor(readonly script: readonly Step[]) {}

  get left(): number {
    return this.script.length - this.requests.length
  }

  async doStream(request: ModelRequest) {
    const step = this.script[this.requests.length]
    this.requests.push(request)
    if (step === undefined) throw new Error('The script has no more steps.')
    const said =
      typeof step === 'string'
        ? [
            { type: 'text-start', id: 't' },
            { type: 'text-delta', id: 't', delta: step },
            { type: 'text-end', id: 't' },
          ]
        : step.map(({ toolName, input, id }) => ({
            type: 'tool-call',
            toolCallId: id ?? `call_${++ids}`,
            toolName,
            input: JSON.stringify(input),
          }))
    const parts = [
      { type: 'stream-start', warnings: [] },
      ...said,
      {
        type: 'finish',
        finishReason: typeof step === 'string' ? 'stop' : 'tool-calls',
        usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      },
    ]
    return {
      stream: new ReadableStream({
        start(controller) {
          for (const part of parts) controller.enqueue(part)
          controller.close()
        },
      }),
    }
  }

  async doGenerate(): Promise<never> {
    throw new Error('Mastra streams.')
  }
}
