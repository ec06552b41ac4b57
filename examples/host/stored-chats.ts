import type { ModelMessage } from 'ai'
import Database from 'libsql'

/** How a chat asks a person before a tool runs. */
export type AskMode = 'hold' | 'later' | 'framework'

/** A chat as it is stored: a restart loses nothing of it. */
export interface Chat {
  readonly id: string
  readonly userId: string
  readonly agentId: string
  readonly mode: AskMode
  readonly messages: readonly ModelMessage[]
  /** The approval that a call of this chat waits for, and the call. */
  readonly waiting?: { readonly approvalId: string; readonly toolCallId?: string | undefined } | undefined
}

/** Chats in a table of the host's own. */
export interface StoredChats {
  get(id: string): Chat | undefined
  waitingFor(approvalId: string): Chat | undefined
  save(chat: Chat): void
  close(): void
}

export function storedChats(file: string): StoredChats {
  const database = new Database(file)
  database.exec('CREATE TABLE IF NOT EXISTS chat (id TEXT PRIMARY KEY, body TEXT NOT NULL)')
  const read = database.prepare('SELECT body FROM chat WHERE id = ?')
  const write = database.prepare('INSERT INTO chat VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body')
  const all = database.prepare('SELECT body FROM chat')
  return {
    get: (id: string): Chat | undefined => {
      const row = read.get(id) as { body: string } | undefined
      return row && (JSON.parse(row.body) as Chat)
    },
    waitingFor: (approvalId: string): Chat | undefined =>
      (all.all() as { body: string }[])
        .map(({ body }) => JSON.parse(body) as Chat)
        .find(({ waiting }) => waiting?.approvalId === approvalId),
    save: (chat: Chat): void => void write.run(chat.id, JSON.stringify(chat)),
    close: () => database.close(),
  }
}
