// The chat page of the example. The approval card is the library's; everything else is the host's own.
import 'mcp-integrations/elements'

interface Part {
  readonly type: string
  readonly text?: string
  readonly toolName?: string
  readonly input?: unknown
  readonly approvalId?: string
  readonly toolCallId?: string
}
interface Chat {
  readonly messages: readonly { readonly role: string; readonly content: string | readonly Part[] }[]
  readonly waiting?: { readonly approvalId: string }
}

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T
const messages = element<HTMLOListElement>('messages')
const composer = element<HTMLFormElement>('composer')
const text = element<HTMLInputElement>('text')
const person = element<HTMLSelectElement>('person')
const send = composer.querySelector('button')!
const chatId = () => `chat-${person.value}-${element<HTMLSelectElement>('mode').value}`
let shown = ''

await loadPeople()
await refresh()
setInterval(() => void refresh(), 700)

person.addEventListener('change', async () => {
  await fetch(`/people/${person.value}`, { method: 'POST' })
  await refresh()
})
element('mode').addEventListener('change', () => void refresh())
composer.addEventListener('submit', async (event) => {
  event.preventDefault()
  const said = text.value.trim()
  if (said === '') return
  text.value = ''
  send.disabled = true
  add('user', said)
  const body = {
    text: said,
    agent: element<HTMLSelectElement>('agent').value,
    mode: element<HTMLSelectElement>('mode').value,
  }
  await post(`/chats/${chatId()}`, body)
  send.disabled = false
  await refresh()
  text.focus()
})

async function loadPeople(): Promise<void> {
  const { people, current } = (await (await fetch('/people')).json()) as {
    people: { userId: string; name: string }[]
    current: string
  }
  person.replaceChildren(...people.map(({ userId, name }) => new Option(name, userId, false, userId === current)))
}

async function refresh(): Promise<void> {
  const answer = await (await fetch(`/chats/${chatId()}`)).text()
  if (answer === shown || (send.disabled && (JSON.parse(answer) as Chat).waiting === undefined)) return
  shown = answer
  const chat = JSON.parse(answer) as Chat
  messages.replaceChildren()
  for (const { role, content } of chat.messages)
    for (const part of typeof content === 'string' ? [{ type: 'text', text: content } as Part] : content) {
      if (part.type === 'text' && part.text) add(role === 'user' ? 'user' : 'assistant', part.text)
      if (part.type === 'tool-call') add('call', `${part.toolName} ${JSON.stringify(part.input)}`)
    }
  const question = openQuestion(chat)
  if (chat.waiting !== undefined) addApproval(chat.waiting.approvalId)
  else if (question !== undefined) addQuestion(question)
  if (messages.childElementCount === 0) add('empty', 'Connect a server under Integrations, then ask for something.')
}

/** The AI SDK's unanswered approval requests. */
function openQuestion(chat: Chat): Part | undefined {
  const parts = chat.messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content))
  const answered = new Set(
    parts.flatMap(({ type, approvalId }) => (type === 'tool-approval-response' ? [approvalId] : [])),
  )
  const asked = parts.find(({ type, approvalId }) => type === 'tool-approval-request' && !answered.has(approvalId))
  const call = parts.find(({ type, toolCallId }) => type === 'tool-call' && toolCallId === asked?.toolCallId)
  return asked && { ...call, ...asked }
}

function addApproval(approvalId: string): void {
  const card = document.createElement('mcp-approval')
  card.baseUrl = '/mcp'
  card.approvalId = approvalId
  add('ask', card)
}

/** The framework's own approval has no card of ours: the host draws one. */
function addQuestion({ approvalId, toolName, input }: Part): void {
  const box = document.createElement('div')
  box.className = 'question'
  const line = document.createElement('div')
  box.append(`Run ${toolName} with ${JSON.stringify(input)}?`, line)
  for (const [label, approved] of [
    ['Allow', true],
    ['Deny', false],
  ] as const) {
    const button = document.createElement('button')
    button.textContent = label
    button.addEventListener('click', async () => {
      for (const one of line.querySelectorAll('button')) one.disabled = true
      await post(`/chats/${chatId()}/answer`, { approvalId, approved })
      await refresh()
    })
    line.append(button)
  }
  add('ask', box)
}

function add(kind: string, content: string | Node): void {
  const item = document.createElement('li')
  item.className = kind
  item.append(content)
  messages.append(item)
  item.scrollIntoView({ block: 'nearest' })
}

async function post(url: string, body: object): Promise<void> {
  await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
}
