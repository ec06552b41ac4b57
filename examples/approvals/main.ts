/**
 * A terminal host and its gate: ask, edit, refuse, decide later elsewhere, remember, revoke, and a tool that changes
 * while its approval waits. It checks itself and ends with an exit code other than 0 when anything is off.
 */
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isIntegrationError, type ToolCallOutcome } from 'mcp-integrations'
import { bold, chapter, check, dim, green, line, red, verdict } from '../quickstart/screen.js'
import { ana, openRegistry } from './host.js'
import { startMailServer } from './mail-server.js'
import { askPerson, type Answer } from './person.js'

const started = performance.now()
const folder = mkdtempSync(join(tmpdir(), 'mcp-integrations-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
process.once('SIGINT', () => process.exit(130))

const server = await startMailServer()
const host = { file: join(folder, 'host.db'), encryptionKey: randomBytes(32).toString('base64') }
const registry = openRegistry(host)
const mine = registry.actingAs(ana)

/** What the person would answer next without a terminal, and what they did answer last. */
let prepared = ''
let answer: Answer | undefined

try {
  const { integration } = await mine.connect({ url: server.url, name: 'Mail', agents: ['assistant'] })
  // #region confirm
  const toolset = await mine.toolset('assistant', {
    conversationId: 'chat-1',
    confirm: async (request, { signal }) => {
      answer = await askPerson(request, prepared, signal)
      return answer.decision
    },
  })
  // #endregion

  /** The agent calls a tool; the person may be asked; the outcome is printed. */
  const call = async (to: string, text: string, without: string): Promise<ToolCallOutcome> => {
    prepared = without
    answer = undefined
    const before = server.sent.length
    const outcome = await toolset.call('mail__send_mail', { to, text })
    tell(outcome)
    check('the call ended as the person said', follows(outcome))
    check('it was sent once or not at all', server.sent.length - before === (outcome.type === 'completed' ? 1 : 0))
    return outcome
  }

  chapter('Edit: what you approve is what is sent')
  await call('bo@acme.example', 'Lunch at 13?', 'edit {"to":"bo@acme.example","text":"Lunch at 12?"}')
  if (typeof answer?.decision === 'object' && 'args' in answer.decision)
    check('the edited mail was sent', JSON.stringify(server.sent.at(-1)) === JSON.stringify(answer.decision.args))

  chapter('Refuse: the model is told why')
  const refused = await call('everyone@acme.example', 'Lunch at 12?', 'no Only Bo, please.')
  if (refused.type === 'not_run' && refused.reason !== undefined)
    check('the model reads the reason', refused.modelText.includes(refused.reason))

  chapter('Later: somebody decides in another process, and the call is resumed here')
  const deferred = await call('cy@acme.example', 'The invoice is paid.', 'later')
  if (deferred.type === 'approval_required') {
    const { approvalId } = deferred.approval
    await decideElsewhere()
    // #region resume
    const outcome = await toolset.resume(approvalId)
    // #endregion
    tell(outcome)
    const decided = await mine.approvals.get(approvalId)
    check('the other process decided', decided.decidedBy === 'ana' || decided.status === 'pending')
    check('approved is sent, nothing else', (decided.status === 'finished') === (outcome.type === 'completed'))
    const again = await toolset.resume(approvalId)
    tell(again)
    check(
      'it counts once',
      decided.status !== 'finished' || (again.type === 'not_run' && again.because === 'already_used'),
    )
  }

  chapter('Remember, and take it back')
  await call('bo@acme.example', 'On my way.', 'always')
  const [grant] = (await mine.grants.list()).toSorted((left, right) => right.grantedAt - left.grantedAt)
  if (grant !== undefined && typeof answer?.decision === 'object' && 'remember' in answer.decision) {
    await call('bo@acme.example', 'On my way.', 'no')
    check('the same again was not asked', answer === undefined)
    line(
      dim(`  remembered: ${grant.tool}, these arguments, this chat, until ${new Date(grant.expiresAt).toISOString()}`),
    )
    await mine.grants.revoke(grant.id)
    await call('bo@acme.example', 'On my way.', 'no Once was enough.')
    check('after it was revoked, the person was asked', answer !== undefined)
  }

  chapter('A tool that changes while its approval waits')
  const waiting = await call('dee@acme.example', 'Our prices', 'later')
  server.addBlindCopies()
  const { tools } = await mine.refreshTools(integration.id)
  const change = tools[0]?.change
  line(
    `The server now offers ${bold('send_mail')} with ${change?.differences.map(({ path }) => path).join(', ')} ${dim(`(${change?.kind})`)}`,
  )
  check(
    'the change is told',
    change?.kind === 'widened' && change.differences.some(({ path }) => path.endsWith('/bcc')),
  )
  if (waiting.type === 'approval_required') {
    const { approvalId } = waiting.approval
    const late: unknown = await mine.approvals.decide(approvalId, 'approve').catch((error: unknown) => error)
    line(`${red('✗')} Approving it now: ${isIntegrationError(late) ? late.message : 'went through'}`)
    check('nobody can approve what was asked before', isIntegrationError(late) && late.reason === 'superseded')
    const outcome = await toolset.resume(approvalId)
    tell(outcome)
    check('nothing was sent', outcome.type === 'not_run' && outcome.because === 'superseded')
  }
  const seen = (await mine.tools(integration.id)).tools.find(({ name }) => name === 'send_mail')
  await mine.acceptTools(integration.id, { send_mail: seen!.definitionHash })
  check('accepted is accepted', (await mine.tools(integration.id)).tools[0]?.change === undefined)

  chapter('Every decision is on record')
  for (const { outcome, rule, tool, changed } of (await mine.audit()).entries.filter(
    ({ action }) => action === 'decide',
  ))
    line(
      `${outcome === 'approve' ? green('✓') : red('✗')} ${tool} ${outcome}${changed === undefined ? '' : ', edited'} ${dim(`asked by ${rule}`)}`,
    )
} finally {
  await registry.close()
  await server.close()
}
process.exitCode = verdict((performance.now() - started) / 1000)

/** Runs this host's other process and waits until it has decided. */
async function decideElsewhere(): Promise<void> {
  line(dim('  … in another process:'))
  const child = fork('scripts/run.mjs', ['examples/approvals/later.ts', JSON.stringify(host)])
  const [code] = (await once(child, 'exit')) as [number]
  check('the other process ended well', code === 0)
}

function tell(outcome: ToolCallOutcome): void {
  if (outcome.type === 'completed')
    line(`${green('▸')} ${outcome.result.content.map(({ text }) => String(text)).join(' ')}`)
  else line(`${red('▸')} ${dim(outcome.modelText)}`)
}

/** Whether the outcome matches the person's answer; without a question, a remembered decision ran the call. */
function follows(outcome: ToolCallOutcome): boolean {
  const said = typeof answer?.decision === 'object' ? answer.decision.decision : (answer?.decision ?? 'approve')
  const expected = { approve: 'completed', deny: 'not_run', defer: 'approval_required' } as const
  return outcome.type === expected[said]
}
