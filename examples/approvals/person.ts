import { createInterface } from 'node:readline/promises'
import type { ConfirmRequest, ApprovalDecision, JsonObject } from 'mcp-integrations'
import { bold, dim, line, red, yellow } from '../quickstart/screen.js'

/** A person's answer: the decision for the registry, and what they typed. */
export interface Answer {
  readonly decision: ApprovalDecision | 'defer'
  readonly typed: string
}

const keys = `${bold('y')}es · ${bold('a')}lways in this chat · ${bold('e')}dit {…} · ${bold('n')}o [why] · ${bold('l')}ater`

/** Asks on the terminal; without a terminal, uses the prepared answer. */
export async function askPerson(request: ConfirmRequest, prepared: string, signal?: AbortSignal): Promise<Answer> {
  show(request)
  if (!process.stdin.isTTY) {
    line(`  ${dim('›')} ${bold(prepared)} ${dim('(no terminal: answered for you)')}`)
    return { decision: understood(prepared) ?? 'defer', typed: prepared }
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    for (;;) {
      const typed = await terminal.question(`     ${keys} › `, signal === undefined ? {} : { signal })
      const decision = understood(typed)
      if (decision !== undefined) return { decision, typed }
    }
  } finally {
    terminal.close()
  }
}

/** What, for whom, where and why; the server's own words are marked as such, and nothing hides in the arguments. */
function show({ tool, integration, agentId, display, why, risk }: ConfirmRequest): void {
  const { title } = tool.untrusted
  line(
    `${yellow('?')} ${bold(tool.name)} with ${bold(integration.name)} ${dim(`for ${agentId}, at ${integration.origin}`)}`,
  )
  if (title !== undefined) line(dim(`  the server calls it “${title}”`))
  for (const row of display.text.split('\n').slice(1, -1)) line(`  ${row}`)
  if (display.hiddenCharacters > 0) line(`  … and ${display.hiddenCharacters} more characters`)
  if (risk !== undefined) line(`  ${red(risk)}`)
  line(dim(`  ${why}`))
}

/** `undefined`: ask again. */
function understood(typed: string): ApprovalDecision | 'defer' | undefined {
  const [, key = '', rest = ''] = /^\s*([yaenl])\w*\s*(.*)$/is.exec(typed) ?? []
  switch (key.toLowerCase()) {
    case 'y':
      return 'approve'
    case 'a':
      return { decision: 'approve', remember: { for: 'conversation' } }
    case 'n':
      return rest === '' ? 'deny' : { decision: 'deny', reason: rest }
    case 'l':
      return 'defer'
    case 'e':
      try {
        return { decision: 'approve', args: JSON.parse(rest) as JsonObject }
      } catch {
        return undefined
      }
    default:
      return undefined
  }
}
