import { MockLanguageModelV3 } from 'ai/test'

/** What the scripted model understands, and which tool it calls for it. */
const sentences = [
  {
    says: /^add (-?\d+) (?:and|to) (-?\d+)/i,
    tool: /sum|add/,
    input: ([a, b]: string[]) => ({ a: Number(a), b: Number(b) }),
  },
  { says: /^echo (.+)/i, tool: /echo/, input: ([message]: string[]) => ({ message }) },
  { says: /^find library (.+)/i, tool: /resolve/, input: ([name]: string[]) => ({ libraryName: name, query: name }) },
  { says: /^status of (.+)/i, tool: /git_status/, input: ([path]: string[]) => ({ path }) },
] as const

export const help = 'Try “echo hello”, “add 2 and 3”, “find library react” or “status of .”.'

/** A model without an account: it turns a known sentence into a tool call, and says what it read of the result. */
export function scriptedModel(): MockLanguageModelV3 {
  return new MockLanguageModelV3({
    doGenerate: async ({ prompt, tools = [] }) => {
      const last = prompt.at(-1)
      if (last?.role === 'tool') {
        const read = last.content.flatMap((part) => (part.type === 'tool-result' ? [textOf(part.output)] : []))
        return said(read.join('\n') || 'There is no result.')
      }
      const text =
        last?.role === 'user' ? last.content.map((part) => (part.type === 'text' ? part.text : '')).join('') : ''
      for (const { says, tool, input } of sentences) {
        const match = says.exec(text.trim())
        const name = tools.map((one) => one.name).find((one) => tool.test(one))
        if (match === null) continue
        return name === undefined
          ? said('I have no tool for that. Connect a server in Settings.')
          : calls(name, input(match.slice(1)))
      }
      return said(help)
    },
  })
}

function said(text: string) {
  return {
    content: [{ type: 'text' as const, text }],
    finishReason: { unified: 'stop' as const, raw: undefined },
    ...unmeasured,
  }
}

function calls(toolName: string, input: object) {
  const toolCallId = `call-${crypto.randomUUID()}`
  return {
    content: [{ type: 'tool-call' as const, toolCallId, toolName, input: JSON.stringify(input) }],
    finishReason: { unified: 'tool-calls' as const, raw: undefined },
    ...unmeasured,
  }
}

function textOf(output: { readonly type: string; readonly value?: unknown }): string {
  if (output.type === 'execution-denied') return 'You said no, so it has not run.'
  if (typeof output.value === 'string')
    return output.value.includes('waits for a person')
      ? 'I have asked you. I go on as soon as it is decided.'
      : output.value
  const parts = Array.isArray(output.value) ? (output.value as { readonly text?: string }[]) : []
  return parts.map(({ text }) => text ?? '(something that is not text)').join('\n') || JSON.stringify(output)
}

const unmeasured = {
  usage: {
    inputTokens: { total: 0, noCache: 0, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 0, text: 0, reasoning: undefined },
  },
  warnings: [],
}
