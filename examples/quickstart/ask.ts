import { createInterface } from 'node:readline/promises'
import type { ConfirmCallback, ConfirmRequest, ApprovalDecision } from 'mcp-integrations'
import { bold, dim, line, yellow } from './screen.js'

/** How a question was answered, by approval id. */
export type Answers = Map<string, { readonly tool: string; readonly approved: boolean }>

/**
 * The person's dialog, here: y or n on the terminal. Where there is no terminal, the first tool of a trusted server is
 * approved and everything else refused.
 */
export function askOnTerminal(answers: Answers): ConfirmCallback {
  return async (request, { signal }): Promise<ApprovalDecision> => {
    show(request)
    const approved = process.stdin.isTTY
      ? await yesOrNo(signal)
      : request.integration.trusted && ![...answers.values()].some((answer) => answer.approved)
    answers.set(request.approvalId, { tool: request.tool.name, approved })
    if (!process.stdin.isTTY)
      line(`  approve? ${bold(approved ? 'yes' : 'no')} ${dim('(no terminal: answered for you)')}`)
    return approved ? 'approve' : { decision: 'deny', reason: 'Not today.' }
  }
}

function show({ integration, tool, arguments: args, why, agentId }: ConfirmRequest): void {
  const label = tool.label === undefined ? 'unlabelled' : `${tool.label.value}${tool.label.believed ? '' : '?'}`
  line(
    `${yellow('?')} ${bold(agentId)} wants to run ${bold(tool.name)} ${dim(`(${label})`)} of ${bold(integration.name)}`,
  )
  line(`  with ${JSON.stringify(args)} ${dim(`at ${integration.origin}`)}`)
  line(`  ${dim(why)}`)
}

async function yesOrNo(signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(es)?$/i.test(await terminal.question('     approve? (y/n) ', { signal }))
  } finally {
    terminal.close()
  }
}
