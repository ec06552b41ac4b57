/**
 * Settings → MCP Integrations in a minute: two servers of other authors, one registry, one SQLite file, two agents.
 * It checks itself and ends with an exit code other than 0 when anything is off.
 */
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isIntegrationError, type Integration, type ToolCallOutcome } from 'mcp-integrations'
import { aiSdkTools } from 'mcp-integrations/ai-sdk'
import { startFront } from '../support/front.js'
import { startServerProcess } from '../support/server-process.js'
import { runAgent } from './agent.js'
import { askOnTerminal, type Answers } from './ask.js'
import { ana, openRegistry } from './registry.js'
import { bold, chapter, check, dim, green, line, red, table, verdict, yellow } from './screen.js'

const started = performance.now()
process.once('SIGINT', () => process.exit(130))
console.log(
  `\n${bold('Settings → MCP Integrations')}, and the gate behind it: two MCP servers that others wrote, two agents.`,
)
console.log(dim('Starting the servers on this machine …'))

const apiKey = randomBytes(16).toString('hex')
const [everythingServer, context7Server] = await Promise.all([
  startServerProcess({
    script: '@modelcontextprotocol/server-everything/dist/index.js',
    args: () => ['streamableHttp'],
    env: (port) => ({ PORT: String(port) }),
  }),
  startServerProcess({
    script: '@upstash/context7-mcp/dist/index.js',
    args: (port) => ['--transport', 'http', '--port', String(port)],
  }),
])
const everythingFront = await startFront(everythingServer.port, { 'x-api-key': apiKey })
const context7Front = await startFront(context7Server.port)
const folder = await mkdtemp(join(tmpdir(), 'mcp-integrations-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const host = {
  file: join(folder, 'integrations.db'),
  encryptionKey: randomBytes(32).toString('base64'),
  everythingUrl: everythingFront.url,
}
const requests = (): number => everythingFront.requests + context7Front.requests
const registry = openRegistry(host)
let reopened = registry
const mine = registry.actingAs(ana)

try {
  chapter('Connect: one from the catalogue with an API key, one by its URL')
  await refusesWrongKey()
  // #region connect
  const { integration: everything } = await mine.connect({
    connector: 'everything',
    headers: { 'X-Api-Key': apiKey },
    agents: ['assistant', 'builder'],
    visibility: 'workspace',
  })
  const { integration: context7 } = await mine.connect({
    url: context7Front.url,
    name: 'Context7',
    agents: ['assistant'],
  })
  // #endregion
  const connected = await mine.list()
  table(connected.map(summary))
  check('both are connected', connected.length === 2 && connected.every(({ status }) => status === 'connected'))
  check('no answer holds the API key', !JSON.stringify(connected).includes(apiKey))

  chapter('Every tool: what it is, and what a call of it would meet')
  // #region settings
  await mine.configureTools(everything.id, {
    'get-tiny-image': { approval: 'ask' },
    'trigger-long-running-operation': { label: 'write' },
    'get-annotated-message': { agents: ['builder'] },
  })
  // #endregion
  const heading = ['', 'tool', 'label', '', 'approval', 'rule'].map(dim)
  table([heading, ...(await toolRows(everything)), ...(await toolRows(context7))])
  line(dim('read?: the server says so, and nobody believes it yet'))

  chapter('The same integrations, two agents')
  const assistant = await mine.toolset('assistant')
  const builder = await mine.toolset('builder')
  for (const toolset of [assistant, builder]) {
    const asks = toolset.tools.filter(({ approval }) => approval.resolved === 'ask').length
    const missing = toolset.unavailable.map(
      ({ name, integration, reason }) => `${name ?? integration.name} ${dim(`(${reason})`)}`,
    )
    line(
      `${bold(toolset.agentId.padEnd(9))}  ${toolset.tools.length} tools, ${asks} of them ask; not ${missing.join(', ')}`,
    )
  }
  const has = (toolset: typeof assistant, tool: string) => toolset.tools.some(({ name }) => name === tool)
  check('only assistant has Context7', has(assistant, 'query-docs') && !has(builder, 'query-docs'))
  check(
    'only builder has the narrowed tool',
    has(builder, 'get-annotated-message') && !has(assistant, 'get-annotated-message'),
  )
  check('nobody has the disabled tool', !has(assistant, 'get-env') && !has(builder, 'get-env'))

  chapter('An agent at work: the AI SDK with its mock model')
  const answers: Answers = new Map()
  // #region ai-sdk
  const toolset = await mine.toolset('assistant', { confirm: askOnTerminal(answers), conversationId: 'quick-start' })
  const tools = aiSdkTools(toolset) // for generateText(), streamText() and agents
  // #endregion
  const nameOf = (tool: string): string => toolset.tools.find(({ name }) => name === tool)?.modelName ?? tool
  const plan = [
    { tool: 'get-sum', input: { a: 19, b: 23 } },
    { tool: 'toggle-simulated-logging', input: {} },
    { tool: 'toggle-subscriber-updates', input: {} },
    { tool: 'resolve-library-id', input: { libraryName: 'zod', query: 'schemas' } },
  ]
  const off = registry.on('call_finished', ({ tool, outcome }) => {
    const ran = outcome === 'completed'
    line(`${ran ? green('▸') : red('▸')} ${tool} ${ran ? 'ran' : 'has not run'}`)
  })
  const read = await runAgent(
    tools,
    plan.map(({ tool, input }) => ({ toolName: nameOf(tool), input })),
  )
  off()
  line(dim('What the model has read:'))
  for (const [n, { tool }] of plan.entries()) line(`  ${tool.padEnd(25)} ${dim(firstLine(read[n] ?? ''))}`)
  const answerTo = (tool: string) => [...answers.values()].find((answer) => answer.tool === tool)
  check('the read tool ran without asking', read[0]?.includes('42') === true && answerTo('get-sum') === undefined)
  for (const [n, { tool }] of plan.entries()) {
    const answer = answerTo(tool)
    if (n > 0) check(`${tool} asked`, answer !== undefined)
    if (n > 0 && answer?.approved === false) check(`${tool} has not run`, read[n]?.includes('has not run') === true)
    if (n > 0 && answer?.approved === true) check(`${tool} ran`, read[n]?.includes('has not run') === false)
  }

  chapter('After a restart: the same file in a new process')
  await registry.close()
  const before = requests()
  const child = fork('scripts/run.mjs', ['examples/quickstart/reopen.ts', JSON.stringify(host)])
  const [{ tools: names }] = (await once(child, 'message')) as [{ tools: readonly string[] }]
  line(`The toolset of assistant: ${names.length} tools, after ${bold(counted(requests() - before))} to any server`)
  check('the toolset needed no request', requests() === before)
  check(
    'the toolset is the same',
    JSON.stringify(names) === JSON.stringify(toolset.tools.map(({ modelName }) => modelName)),
  )
  child.send({ name: nameOf('echo'), args: { message: 'still here' } })
  const [outcome] = (await once(child, 'message')) as [ToolCallOutcome]
  line(
    `A call of echo: ${textOf(outcome)}, after ${bold(counted(requests() - before))} ${dim('(the API key was opened for it)')}`,
  )
  check('a call works in the new process', outcome.type === 'completed' && requests() > before)
  if (child.connected) await once(child, 'exit')

  chapter('The master switch')
  reopened = openRegistry(host)
  const again = reopened.actingAs(ana)
  const stale = await again.toolset('assistant')
  await again.disable(everything.id)
  const afterwards = await again.toolset('assistant')
  const untouched = requests()
  const refused = await stale.call(nameOf('echo'), { message: 'anybody?' }).catch((error: unknown) => error)
  line(`Everything is off: assistant has ${afterwards.tools.length} tools left.`)
  line(`A call that still tries: ${refused instanceof Error ? red(refused.message) : 'ran'}`)
  check('off is off', isIntegrationError(refused) && refused.code === 'integration_disabled')
  check('nothing was sent', requests() === untouched)
  check(
    'the rest stays',
    afterwards.tools.every(({ integration }) => integration.id === context7.id),
  )
} finally {
  await registry.close()
  await reopened.close()
  await Promise.all([everythingFront.close(), context7Front.close(), everythingServer.stop(), context7Server.stop()])
}
process.exitCode = verdict((performance.now() - started) / 1000)

/** A key that the server refuses connects nothing, and nothing is stored. */
async function refusesWrongKey(): Promise<void> {
  const headers = { 'X-Api-Key': 'wrong' }
  const error: unknown = await mine.connect({ connector: 'everything', headers, agents: ['assistant'] }).catch((e) => e)
  const told = isIntegrationError(error) ? error : undefined
  line(`${red('✗')} with a wrong key: ${dim(told?.message ?? 'connected')}`)
  check('a wrong key is refused', told?.code === 'authorization_failed' && (await mine.list()).length === 0)
}

function summary({ name, status, trusted, visibility, tools, agents, protocolVersion }: Integration): string[] {
  return [
    `${status === 'connected' ? green('●') : red('●')} ${bold(name)}`,
    status,
    trusted ? 'trusted' : yellow('untrusted'),
    visibility === 'workspace' ? 'shared' : 'private',
    `${tools.total} tools`,
    `for ${agents.join(', ')}`,
    dim(`MCP ${protocolVersion ?? '?'}`),
  ]
}

/** One line for each tool: label, enabled, mode, and the mode's effect. */
async function toolRows({ id, name }: Integration): Promise<string[][]> {
  const { tools } = await mine.tools(id)
  return tools.map((tool, n) => [
    n === 0 ? bold(name) : '',
    tool.name,
    tool.label === undefined ? 'unlabelled' : `${tool.label.value}${tool.label.believed ? '' : '?'}`,
    tool.enabled ? 'on' : red('off'),
    `${tool.approval.mode} → ${!tool.enabled ? '–' : tool.approval.resolved === 'ask' ? yellow('asks') : green('runs')}`,
    dim(tool.approval.rule + (tool.agents === undefined ? '' : `, only for ${tool.agents.join(', ')}`)),
  ])
}

function counted(n: number): string {
  return n === 1 ? '1 request' : `${n} requests`
}

function textOf(outcome: ToolCallOutcome): string {
  if (outcome.type !== 'completed') return outcome.modelText
  return outcome.result.content.map(({ text }) => String(text)).join(' ')
}

function firstLine(text: string): string {
  const [first = ''] = text.split('\n')
  return first.length > 90 ? `${first.slice(0, 89)}…` : first
}
