import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { globalsOf } from './architecture/globals.js'
import { filesImportedBy, forbiddenImports, importCycles, type Rule } from './architecture/house.js'
import { parse, readSources, type Sources } from './architecture/source.js'

/** What lies behind `#connect` under the `node` condition. */
const nodeEgress = ['http', 'https', 'dns', 'net', 'tls', 'zlib', 'stream', 'events']
  .map((name) => `node:${name}`)
  .concat('egress', 'model', 'ports', 'ipaddr.js')

/** The rooms of the registry: each lies on those before it. The faces, in the folder itself, lie on all of them. */
const rooms = ['state', 'servers', 'gate', 'settings', 'operations'].map((room) => `registry/${room}`)
const belowRegistry = ['egress', 'mcp', 'oauth', 'policy', 'ports', 'model']
const registryPackages = ['eventemitter3', 'p-queue', 'lru-cache']
const registryRooms = Object.fromEntries(
  [...rooms, 'registry'].map((room, n) => [
    room,
    { may: [...rooms.slice(0, n + 1), room, ...belowRegistry, ...registryPackages] },
  ]),
)

/** What bridges build on at run time; the others need nothing of their framework but its shapes. */
const frameworks = ['ai', '@anthropic-ai/sdk', '@langchain/core', '@modelcontextprotocol/sdk']

/** The table of docs/architecture.md. */
const rules: Readonly<Record<string, Rule>> = {
  model: { may: ['model', 'zod', '@noble/hashes'] },
  ports: { may: [], mayTypes: ['model', 'ports'] },
  policy: { may: ['policy', 'model', 'minisearch'] },
  oauth: { may: ['oauth', 'model', 'ports', 'oauth4webapi'] },
  mcp: { may: ['mcp', 'model', 'ports', '@modelcontextprotocol/client', 'p-queue'] },
  egress: { may: ['egress', 'model', 'ports', 'ipaddr.js', 'lru-cache', '#connect'] },
  'egress/*.node.ts': { may: nodeEgress },
  ...registryRooms,
  storage: { may: ['storage', 'ports', 'model', 'eventemitter3', 'lru-cache'] },
  vaults: { may: ['vaults', 'ports', 'model', 'jose', 'lru-cache'] },
  local: { may: ['local', 'ports', 'model', '@modelcontextprotocol/client/stdio', 'cross-spawn', 'node:*'] },
  http: {
    may: ['http', 'import', 'index.ts', 'model', 'registry/state/rate-limit.ts', 'hono', '@hono/node-server', 'zod'],
  },
  // For browsers: it brings nothing along.
  'http/client.ts': { may: ['http/client'], mayTypes: ['http', 'import', 'index.ts'] },
  'http/client': { may: ['http/client'], mayTypes: ['http', 'index.ts'] },
  ui: {
    may: ['ui', 'http/client.ts', 'model/visible-text.ts', 'lit', 'lit/*'],
    mayTypes: ['index.ts'],
  },
  // For servers: hands out the built page.
  'ui/index.ts': { may: ['ui'] },
  'ui/settings-page.ts': { may: ['#settings-page', '@noble/hashes'], mayTypes: ['http', 'ui/labels/english.ts'] },
  bridges: {
    may: [
      'bridges',
      'model/json.ts',
      'model/work-budget.ts',
      'policy/model-content.ts',
      'policy/same-json.ts',
      'policy/valid-result.ts',
      ...frameworks,
    ],
    mayTypes: ['index.ts'],
  },
  gateway: {
    may: [
      'gateway',
      'policy/valid-result.ts',
      'index.ts',
      'model/event.ts',
      'model/json-limits.ts',
      'http/public-origin.ts',
      '@modelcontextprotocol/server',
      '@noble/hashes',
      'lru-cache',
    ],
  },
  otel: { may: ['otel', '@opentelemetry/api'], mayTypes: ['index.ts'] },
  import: { may: ['import', 'index.ts', 'model', 'egress', 'jsonc-parser', 'smol-toml', 'p-queue'] },
  testing: { may: ['testing', 'index.ts', 'ports', 'model', '@modelcontextprotocol/server'] },
  'index.ts': {
    may: ['registry', 'storage/memory.ts', 'vaults', 'ports', 'model'],
    mayTypes: ['egress', 'mcp', 'oauth', 'policy'],
  },
}

/** What hosts import one by one: none of them leans on another. */
const adapters = [
  'storage/memory.ts',
  'storage/sqlite.ts',
  'storage/postgres.ts',
  'vaults/encrypted.ts',
  'local/stdio.ts',
  'bridges/ai-sdk.ts',
  'bridges/anthropic.ts',
  'bridges/claude-agent-sdk.ts',
  'bridges/google.ts',
  'bridges/langchain.ts',
  'bridges/mastra.ts',
  'bridges/openai-agents.ts',
  'bridges/openai.ts',
]

/** Where `Runtime` gets its defaults. */
const defaultRuntime = 'registry/state/default-runtime.ts'

/** Client scenarios of the official conformance suite 0.1.16, but `initialize`, which is a method of the protocol. */
const conformanceScenarios = [
  'tools_call',
  'elicitation-sep1034-client-defaults',
  'sse-retry',
  'auth/metadata-default',
  'auth/metadata-var1',
  'auth/metadata-var2',
  'auth/metadata-var3',
  'auth/basic-cimd',
  'auth/2025-03-26-oauth-metadata-backcompat',
  'auth/2025-03-26-oauth-endpoint-fallback',
  'auth/scope-from-www-authenticate',
  'auth/scope-from-scopes-supported',
  'auth/scope-omitted-when-undefined',
  'auth/scope-step-up',
  'auth/scope-retry-limit',
  'auth/token-endpoint-auth-basic',
  'auth/token-endpoint-auth-post',
  'auth/token-endpoint-auth-none',
  'auth/client-credentials-jwt',
  'auth/client-credentials-basic',
  'auth/resource-mismatch',
  'auth/pre-registration',
  'auth/cross-app-access-complete-flow',
  'auth/offline-access-scope',
  'auth/offline-access-not-supported',
]

const src = readSources(fileURLToPath(new URL('../src', import.meta.url)))

describe('imports fall downward', () => {
  it('allows only what the table of floors allows', () => {
    expect(forbiddenImports(src, rules)).toEqual([])
  })

  it('has no cycle', () => {
    expect(importCycles(src)).toEqual([])
  })

  it('keeps adapters apart', () => {
    expect(leaningOnAdapters(src)).toEqual([])
  })

  it.each([
    ['a sibling', 'policy/a.ts', `import { open } from '../mcp/connection.js'`],
    ['an upper room', 'registry/gate/a.ts', `import { edit } from '../settings/edit.js'`],
    ['an upper floor', 'model/a.ts', `export { connect } from '../registry/connect.js'`],
    ['a package of another floor', 'mcp/a.ts', `import * as oauth from 'oauth4webapi'`],
    ['a builtin', 'registry/a.ts', `import { readFile } from 'node:fs/promises'`],
    ['a builtin without its prefix', 'egress/a.ts', `import net from 'net'`],
    ['a builtin that a connector does not need', 'egress/connect.node.ts', `import 'node:fs'`],
    ['something at run time', 'registry/a.ts', `const jose = await import('jose')`],
    ['a type', 'policy/a.ts', `export type T = import('../ports/runtime.js').Runtime`],
    ['code where only types may be', 'bridges/a.ts', `import { isIntegrationError } from '../index.js'`],
  ])('notices %s', (_what, path, text) => {
    expect(forbiddenImports(new Map([[path, text]]), rules)).toHaveLength(1)
  })

  it('notices a folder that nobody planned', () => {
    expect(forbiddenImports(new Map([['utils/a.ts', '']]), rules)).toEqual(['utils/a.ts is in no known folder'])
  })

  it('notices a cycle, of types too', () => {
    const cyclic = new Map([
      ['model/a.ts', `import type { B } from './b.js'`],
      ['model/b.ts', `export * from './c.js'`],
      ['model/c.ts', `export const load = () => import('./a.js')`],
    ])
    expect(importCycles(cyclic)).toEqual(['model/a.ts → model/b.ts → model/c.ts → model/a.ts'])
  })

  it('notices an adapter that leans on another', () => {
    const leaning = new Map([['storage/sqlite.ts', `import { memoryStorage } from './memory.js'`]])
    expect(leaningOnAdapters(leaning)).toEqual(['storage/sqlite.ts leans on storage/memory.ts'])
  })
})

describe('floors keep their nature', () => {
  it('has no code in ports', () => {
    expect(withCode(inFolder(src, 'ports'))).toEqual([])
    expect(withCode(new Map([['ports/a.ts', 'export interface A { b(): void }\nexport const c = 1']]))).toEqual([
      'ports/a.ts',
    ])
  })

  it('has neither promises, clock nor randomness in policy', () => {
    expect(impure(inFolder(src, 'policy'))).toEqual([])
  })

  it.each([
    'Date.now()',
    'Math.random()',
    'globalThis.crypto',
    'new Promise(() => {})',
    'async () => {}',
    'setTimeout',
  ])('notices %s in policy', (expression) => {
    expect(impure(new Map([['policy/a.ts', `export const a = ${expression}`]]))).toHaveLength(1)
  })

  it('asks the runtime for clock, timers and ids', () => {
    const floors = ['oauth', 'mcp', 'egress', 'registry'].flatMap((floor) => [...inFolder(src, floor)])
    expect(bypassingRuntime(new Map(floors))).toEqual([])
  })

  it.each(['Date.now()', 'new Date()', 'setTimeout(f, 5)', 'AbortSignal.timeout(5)', 'crypto.randomUUID()'])(
    'notices %s beside the runtime',
    (expression) => {
      expect(bypassingRuntime(new Map([['mcp/a.ts', `export const a = ${expression}`]]))).toHaveLength(1)
    },
  )

  it('has no logic in the contents page', () => {
    expect(statementsOtherThanExports(src.get('index.ts') ?? '')).toEqual([])
    expect(statementsOtherThanExports(`export const a = 1`)).toHaveLength(1)
  })
})

describe('one way out, one way to a tool', () => {
  it('reaches the network in egress only', () => {
    expect(reachingTheNetwork(src)).toEqual([])
  })

  it.each([
    ['fetch', 'fetch("https://a.example")'],
    ['fetch of the global object', 'globalThis.fetch("https://a.example")'],
    ['fetch handed on', 'open({ fetch })'],
    ['a socket', 'new WebSocket("wss://a.example")'],
    ['a transport that would use the global fetch', 'new StreamableHTTPClientTransport(url)'],
  ])('notices %s', (_what, expression) => {
    expect(reachingTheNetwork(new Map([['mcp/a.ts', `export const a = ${expression}`]]))).toHaveLength(1)
  })

  it('is not misled by a fetch that was handed in', () => {
    const handedIn = `export function a({ fetch }: { fetch: typeof globalThis.fetch }) {
      return [fetch('a'), new StreamableHTTPClientTransport(url, { fetch }), b.fetch('c')]
    }`
    expect(reachingTheNetwork(new Map([['mcp/a.ts', handedIn]]))).toEqual([])
  })

  it('calls tools behind the gate only', () => {
    expect(callingTools(src)).toEqual([])
  })

  it.each([
    'connection.callTool(definition, args)',
    'connection["callTool"]',
    'client.request({ method: "tools/call" })',
  ])('notices %s elsewhere', (expression) => {
    expect(callingTools(new Map([['registry/gate/toolset.ts', `export const a = ${expression}`]]))).toHaveLength(1)
  })

  it('notices a property taken out of a connection', () => {
    const taken = `export const f = ({ callTool }: Connection) => callTool`
    expect(callingTools(new Map([['bridges/a.ts', taken]]))).toEqual(['bridges/a.ts'])
  })
})

describe('behaves for everybody alike', () => {
  it('names no scenario of the conformance suite', () => {
    expect(namingScenarios(src)).toEqual([])
  })

  it('notices one', () => {
    const special = new Map([['oauth/a.ts', `if (scenario === 'auth/scope-step-up') skip()`]])
    expect(namingScenarios(special)).toEqual(['oauth/a.ts'])
  })
})

function inFolder(sources: Sources, folder: string): Sources {
  return new Map([...sources].filter(([path]) => path.startsWith(`${folder}/`)))
}

function pathsWhere(sources: Sources, holds: (text: string, path: string) => boolean): readonly string[] {
  return [...sources].filter(([path, text]) => holds(text, path)).map(([path]) => path)
}

function leaningOnAdapters(sources: Sources): readonly string[] {
  return [...sources]
    .filter(([path]) => adapters.includes(path))
    .flatMap(([path, text]) => filesImportedBy(path, text).map((target) => ({ path, target })))
    .filter(({ path, target }) => target !== path && adapters.includes(target))
    .map(({ path, target }) => `${path} leans on ${target}`)
}

function withCode(sources: Sources): readonly string[] {
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, removeComments: true }
  return pathsWhere(sources, (text) => {
    const { outputText } = ts.transpileModule(text, { compilerOptions: options })
    return outputText.replace(/export \{\};?/, '').trim() !== ''
  })
}

function impure(sources: Sources): readonly string[] {
  const forbidden = /^(new )?(Date|Promise|performance|crypto|queueMicrotask|Math\.random)\b/
  return pathsWhere(sources, (text) => {
    return globalsOf(text).some((use) => forbidden.test(use) || readsClock(use)) || isAsync(parse(text))
  })
}

function bypassingRuntime(sources: Sources): readonly string[] {
  return pathsWhere(sources, (text, path) => path !== defaultRuntime && globalsOf(text).some(readsClock))
}

function readsClock(use: string): boolean {
  return /^(Date\.now|new Date\(\)|performance|setTimeout|setInterval|AbortSignal\.timeout|crypto\.randomUUID)(?!\w)/.test(
    use,
  )
}

function isAsync(node: ts.Node): boolean {
  if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node)) return true
  return ts.forEachChild(node, (child) => isAsync(child) || undefined) ?? false
}

function statementsOtherThanExports(text: string): readonly string[] {
  return parse(text)
    .statements.filter((statement) => !ts.isExportDeclaration(statement) && !ts.isImportDeclaration(statement))
    .map((statement) => statement.getText())
}

function reachingTheNetwork(sources: Sources): readonly string[] {
  const network = ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'WebTransport']
  return pathsWhere(sources, (text, path) => {
    // The client of the HTTP API speaks to the host's own handler, from a page.
    if (path.startsWith('egress/') || path.startsWith('http/client/')) return false
    return (
      globalsOf(text).some((use) => network.includes(use.replace(/^new |\..*|\(\)$/g, ''))) ||
      opensTransportWithoutFetch(parse(text))
    )
  })
}

/** The SDK's HTTP transports fall back on the global `fetch` unless they are given one. */
function opensTransportWithoutFetch(node: ts.Node): boolean {
  if (ts.isNewExpression(node) && /^(StreamableHTTP|SSE)ClientTransport$/.test(node.expression.getText())) {
    const options = node.arguments?.[1]
    const names =
      options !== undefined && ts.isObjectLiteralExpression(options)
        ? options.properties.map((p) => p.name?.getText())
        : []
    if (!names.includes('fetch')) return true
  }
  return ts.forEachChild(node, (child) => opensTransportWithoutFetch(child) || undefined) ?? false
}

/** `mcp/` speaks to one server and `registry/gate/send-call.ts` is the gate. The testing kit and the gateway are servers, and spans name the method: none has a connection. */
function callingTools(sources: Sources): readonly string[] {
  return pathsWhere(sources, (text, path) => {
    const knowsTheMethod = ['mcp/', 'testing/', 'gateway/', 'otel/']
    if (path === 'registry/gate/send-call.ts' || knowsTheMethod.some((folder) => path.startsWith(folder))) return false
    return takesCallTool(parse(text))
  })
}

/** Reads a member `callTool` in any way, or names the method of the protocol. */
function takesCallTool(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node) && node.name.text === 'callTool') return true
  if (ts.isBindingElement(node) && (node.propertyName ?? node.name).getText() === 'callTool') return true
  if (ts.isStringLiteralLike(node) && ['callTool', 'tools/call'].includes(node.text)) return true
  return ts.forEachChild(node, (child) => takesCallTool(child) || undefined) ?? false
}

function namingScenarios(sources: Sources): readonly string[] {
  return pathsWhere(sources, (text) => conformanceScenarios.some((name) => text.includes(name)))
}
