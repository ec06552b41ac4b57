import type { ModelMessage } from 'ai'
import { MockLanguageModelV3 } from 'ai/test'
import {
  encryptedCredentials,
  IntegrationRegistry,
  memoryStorage,
  type ActorIntegrations,
  type ConfirmCallback,
  type IntegrationRegistryOptions,
} from 'mcp-integrations'
import { testServer, type TestServer, type TestTool } from 'mcp-integrations/testing'

/** A registry with one trusted server, `notes`, in this process. */
export interface Bench extends AsyncDisposable {
  readonly server: TestServer
  readonly mine: ActorIntegrations
  readonly integrationId: string
}

export const readNote: TestTool = {
  name: 'read_note',
  title: 'Read a note',
  description: 'Reads a note.',
  inputSchema: { type: 'object', properties: { id: { type: 'string' } } },
  annotations: { readOnlyHint: true },
  run: ({ id }) => `note ${String(id)}`,
}

export const writeNote: TestTool = {
  name: 'write_note',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
  annotations: { readOnlyHint: false },
  run: ({ text }) => `wrote ${String(text)}`,
}

export async function bench(
  tools: readonly TestTool[] = [readNote, writeNote],
  options: Partial<IntegrationRegistryOptions> = {},
): Promise<Bench> {
  const server = testServer({ tools })
  const registry = new IntegrationRegistry({
    storage: memoryStorage(),
    credentials: encryptedCredentials({ keys: [{ id: 'test', secret: new Uint8Array(32).fill(1) }] }),
    agents: ['assistant'],
    connectors: [{ id: 'notes', name: 'Notes', url: server.url, auth: 'none', trusted: true }],
    runtime: { fetch: server.fetch },
    ...options,
  })
  const mine = registry.actingAs({ workspaceId: 'acme', userId: 'ana' })
  const { integration } = await mine.connect({ connector: 'notes', agents: ['assistant'] })
  return {
    server,
    mine,
    integrationId: integration.id,
    async [Symbol.asyncDispose]() {
      await registry.close()
      await server.close()
    },
  }
}

/** What a model says in one step: calls of tools, or its last words. */
export type Step = string | readonly { readonly toolName: string; readonly input: unknown; readonly id?: string }[]

/** A model that says what it is told to, and keeps the prompts it got. */
export function model(...steps: readonly Step[]): MockLanguageModelV3 {
  let n = 0
  const told = steps.map((step) => {
    const calls = typeof step === 'string' ? [] : step
    return {
      content:
        typeof step === 'string'
          ? [{ type: 'text' as const, text: step }]
          : calls.map(({ toolName, input, id }) => ({
              type: 'tool-call' as const,
              toolCallId: id ?? `call-${++n}`,
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

/** A confirm callback that answers so and counts. */
export function person(answer: Awaited<ReturnType<ConfirmCallback>>): ConfirmCallback & { asked: number } {
  const confirm = Object.assign(
    () => {
      confirm.asked++
      return answer
    },
    { asked: 0 },
  )
  return confirm
}
