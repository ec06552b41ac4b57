import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { query } from '@anthropic-ai/claude-agent-sdk'
import type { Toolset } from 'mcp-integrations'
import {
  claudeAgentTools,
  type ClaudeAgentPermission,
  type ClaudeAgentToolsOptions,
} from 'mcp-integrations/claude-agent-sdk'
import { describe, expect, it } from 'vitest'
import { bench, type Step } from '../../bench.js'
import { describeFramework, type Answer, type Conversation, type Read } from '../../matrix.js'
import { messagesApi, untilListed, type MessagesApi, type MessagesRequest } from './messages-api.js'

const prefix = 'mcp__tools__'

describeFramework({
  name: 'claude-agent-sdk',
  search: 'hidden',
  image: 'shown',
  audio: 'named',
  isDurable: false,
  editsItself: true,
  async begin(toolset, script, { asks, signal, hostLetsAll = false, ...options } = {}) {
    const agent = await openAgent(toolset, script, { approval: asks === 'its own' ? 'native' : 'confirm', ...options })
    agent.hostLetsAll = hostLetsAll
    const ended = agent.talk('Go.', signal)
    if (asks !== 'its own' || hostLetsAll) return ended
    await Promise.race([agent.questions.asked, ended])
    waiting.push({ agent, ended })
    return { read: [], shown: [], firstRequest: '', stored: JSON.stringify({ waiting: waiting.length - 1 }) }
  },
  async resume(toolset, stored, script, answers = []) {
    const { waiting: n, session, approvalIds = [] } = JSON.parse(stored) as Stored
    if (n !== undefined) {
      const { agent, ended } = waiting[n]!
      agent.script.push(...script)
      const neverAsked = ended.then(({ text }) => Promise.reject(new Error(`It ended without a question: ${text}`)))
      neverAsked.catch(() => undefined)
      for (const answer of answers) await Promise.race([agent.questions.answer(answer), neverAsked])
      return ended
    }
    // Another process: our approvals are resumed, and the model reads the result as what the person says next.
    const outcomes = await Promise.all(approvalIds.map((id) => toolset.resume(id)))
    const said = outcomes.map(({ modelText }) => modelText)
    const agent = await openAgent(toolset, script, {}, session)
    const told = await agent.talk(`It was approved. ${said.join('\n')}`)
    return { ...told, read: [...said.map((text) => ({ text, media: [] })), ...told.read.slice(approvalIds.length)] }
  },
})

interface Stored {
  readonly waiting?: number
  readonly session?: Session
  readonly approvalIds?: readonly string[]
}

interface Session {
  readonly home: string
  readonly id?: string | undefined
}

/** Its question lives as long as its process does. */
const waiting: { readonly agent: ClaudeAgent; readonly ended: Promise<Conversation> }[] = []

type ClaudeAgent = Awaited<ReturnType<typeof openAgent>>

async function openAgent(
  toolset: Toolset,
  steps: readonly Step[],
  options: ClaudeAgentToolsOptions,
  session: Session = { home: mkdtempSync(join(tmpdir(), 'claude-')) },
) {
  const script = [...steps]
  const api = await messagesApi(script, prefix)
  const questions = new Questions()
  const { home } = session
  let { id } = session
  return {
    script,
    questions,
    hostLetsAll: false,
    async talk(prompt: string, signal?: AbortSignal): Promise<Conversation> {
      try {
        let text = await this.say(prompt, signal)
        while (api.requests.length < script.length) text = await this.say('Go on.', signal)
        return conversationOf(api, text, { home, id })
      } finally {
        api.close()
      }
    },
    async say(prompt: string, signal?: AbortSignal): Promise<string> {
      const ours = claudeAgentTools(toolset, options)
      api.waitFor(untilListed(ours.mcpServers.tools!.instance))
      const canUseTool = this.hostLetsAll
        ? async (_name: string, input: Record<string, unknown>) => ({ behavior: 'allow' as const, updatedInput: input })
        : ours.canUseTool(async (_name, input) => questions.ask(input))
      const abortController = new AbortController()
      signal?.addEventListener('abort', () => abortController.abort())
      const messages = query({
        prompt,
        options: {
          mcpServers: ours.mcpServers,
          allowedTools: this.hostLetsAll ? ['mcp__tools'] : ours.allowedTools,
          // Beside `allowedTools` it would never be called.
          ...(options.approval === 'native' ? { canUseTool } : {}),
          abortController,
          cwd: home,
          model: 'claude-test',
          settingSources: [],
          ...(id === undefined ? {} : { resume: id }),
          env: {
            PATH: process.env['PATH'],
            HOME: home,
            ANTHROPIC_BASE_URL: api.url,
            ANTHROPIC_API_KEY: 'x',
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
            IS_SANDBOX: '1',
          },
        },
      })
      let text = ''
      for await (const message of messages) {
        if ('session_id' in message) id = message.session_id
        if (message.type === 'result') text = message.subtype === 'success' ? message.result : message.subtype
      }
      return text
    },
  }
}

/** What the SDK asks, and the person's answers, in the order of the questions. */
class Questions {
  readonly #open: ((answer: ClaudeAgentPermission) => void)[] = []
  #wake = (): void => {}
  readonly asked = new Promise<void>((resolve) => (this.#wake = resolve))
  #next = (): void => {}

  ask(input: Record<string, unknown>): Promise<ClaudeAgentPermission> {
    return new Promise((resolve) => {
      this.#open.push(resolve)
      this.#inputs.push(input)
      this.#wake()
      this.#next()
    })
  }

  readonly #inputs: Record<string, unknown>[] = []

  async answer(answer: Answer): Promise<void> {
    while (this.#open.length === 0) await new Promise<void>((resolve) => (this.#next = resolve))
    const input = this.#inputs.shift()!
    this.#open.shift()!(permissionOf(answer, input))
  }
}

function permissionOf(answer: Answer, input: Record<string, unknown>): ClaudeAgentPermission {
  if (answer === 'approve') return { behavior: 'allow', updatedInput: input }
  if (typeof answer === 'object' && answer.decision === 'approve')
    return { behavior: 'allow', updatedInput: (answer.args ?? input) as Record<string, unknown> }
  return { behavior: 'deny', message: (typeof answer === 'object' && 'reason' in answer ? answer.reason : '') ?? '' }
}

function conversationOf({ requests }: MessagesApi, text: string, session: Session): Conversation {
  const read = requests.at(-1)?.messages.flatMap(readIn) ?? []
  const approvalIds = read.flatMap(({ text: said }) => /approval \(([\w-]+)\)/.exec(said)?.[1] ?? [])
  return {
    text,
    read,
    shown: (requests[0]?.tools ?? []).flatMap(({ name }) =>
      name.startsWith(prefix) ? [name.slice(prefix.length)] : [],
    ),
    firstRequest: JSON.stringify(requests[0]?.tools ?? []),
    stored: JSON.stringify({ session, approvalIds }),
  }
}

function readIn({ role, content }: MessagesRequest['messages'][number]): readonly Read[] {
  if (role !== 'user' || typeof content === 'string') return []
  return content.flatMap((block) => {
    if (block.type !== 'tool_result') return []
    const parts = typeof block.content === 'string' ? [{ type: 'text', text: block.content }] : (block.content ?? [])
    return [
      {
        text: parts.flatMap((part) => (part.text === undefined ? [] : [part.text])).join('\n'),
        media: parts.flatMap((part) => ('source' in part && part.source !== undefined ? [part.source.media_type] : [])),
      },
    ]
  })
}

describe('the tools of the Claude Agent SDK', () => {
  it('are loaded at once where they are pinned', async () => {
    await using host = await bench()
    const toolset = await host.mine.toolset('assistant', { search: { pinned: ['notes__read_note'] } })
    const agent = await openAgent(toolset, ['done'], {})
    expect((await agent.talk('Go.')).shown).toEqual(['notes__read_note'])
  })
})
