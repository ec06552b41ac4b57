import type { JsonObject } from '../../../src/model/json.js'

/** A server of another author, how it is started, and what is known of the version that is installed. */
export interface Recipe {
  readonly name: string
  readonly package: string
  /** In the folder of its package. */
  readonly script: string
  /** Over its standard streams. */
  readonly args?: readonly string[]
  /** Over Streamable HTTP, where it offers that. */
  readonly http?: (port: number) => {
    readonly args?: readonly string[]
    readonly env?: Readonly<Record<string, string>>
  }
  readonly env?: Readonly<Record<string, string>>
  readonly tools: number
  readonly call: {
    readonly tool: string
    readonly args: JsonObject
    /** `error`: the tool needs a service on the internet, and says so. */
    readonly gives: 'result' | 'error'
  }
  /** Also in the short form. */
  readonly short?: true
}

export const recipes: readonly Recipe[] = [
  {
    name: 'Memory',
    package: '@modelcontextprotocol/server-memory',
    script: 'dist/index.js',
    tools: 9,
    call: { tool: 'read_graph', args: {}, gives: 'result' },
    short: true,
  },
  {
    name: 'Sequential Thinking',
    package: '@modelcontextprotocol/server-sequential-thinking',
    script: 'dist/index.js',
    tools: 1,
    call: {
      tool: 'sequentialthinking',
      args: { thought: 'done', nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 },
      gives: 'result',
    },
    short: true,
  },
  {
    name: 'Notion',
    package: '@notionhq/notion-mcp-server',
    script: 'bin/cli.mjs',
    http: (port) => ({ args: ['--transport', 'http', '--port', String(port), '--unsafe-disable-auth'] }),
    env: { NOTION_TOKEN: 'none' },
    tools: 24,
    call: { tool: 'API-get-self', args: {}, gives: 'error' },
    short: true,
  },
  {
    name: 'AntV Chart',
    package: '@antv/mcp-server-chart',
    script: 'build/index.js',
    http: (port) => ({ args: ['--transport', 'streamable', '--host', '127.0.0.1', '--port', String(port)] }),
    tools: 27,
    call: { tool: 'generate_pie_chart', args: { data: [{ category: 'a', value: 1 }] }, gives: 'error' },
  },
  {
    name: 'MongoDB',
    package: 'mongodb-mcp-server',
    script: 'dist/esm/index.js',
    http: (port) => ({ args: ['--transport', 'http', '--httpHost', '127.0.0.1', '--httpPort', String(port)] }),
    env: { MDB_MCP_TELEMETRY: 'disabled' },
    tools: 27,
    call: { tool: 'list-connections', args: {}, gives: 'result' },
  },
  {
    name: 'Tavily',
    package: 'tavily-mcp',
    script: 'build/index.js',
    env: { TAVILY_API_KEY: 'none' },
    tools: 5,
    call: { tool: 'tavily_search', args: { query: 'hello' }, gives: 'error' },
  },
  {
    name: 'Firecrawl',
    package: 'firecrawl-mcp',
    script: 'dist/index.js',
    http: (port) => ({ env: { HTTP_STREAMABLE_SERVER: 'true', HOST: '127.0.0.1', PORT: String(port) } }),
    env: { FIRECRAWL_API_KEY: 'none' },
    tools: 29,
    call: { tool: 'firecrawl_search', args: { query: 'hello' }, gives: 'error' },
  },
  {
    name: 'Desktop Commander',
    package: '@wonderwhy-er/desktop-commander',
    script: 'dist/index.js',
    tools: 26,
    call: { tool: 'get_config', args: {}, gives: 'result' },
  },
  {
    name: 'Brave Search',
    package: '@brave/brave-search-mcp-server',
    script: 'dist/index.js',
    args: ['--transport', 'stdio'],
    http: (port) => ({ args: ['--transport', 'http', '--port', String(port)] }),
    env: { BRAVE_API_KEY: 'none' },
    tools: 8,
    call: { tool: 'brave_web_search', args: { query: 'hello' }, gives: 'error' },
  },
  {
    name: 'Sentry',
    package: '@sentry/mcp-server',
    script: 'dist/index.js',
    args: ['--access-token=none', '--sentry-dsn='],
    tools: 9,
    call: { tool: 'search_sentry_tools', args: { query: 'issue' }, gives: 'result' },
  },
  {
    name: 'shadcn',
    package: 'shadcn',
    script: 'dist/index.js',
    args: ['mcp'],
    tools: 7,
    call: { tool: 'get_audit_checklist', args: {}, gives: 'result' },
  },
  {
    name: 'Kubernetes',
    package: 'mcp-server-kubernetes',
    script: 'dist/index.js',
    http: (port) => ({
      env: { ENABLE_UNSAFE_STREAMABLE_HTTP_TRANSPORT: '1', HOST: '127.0.0.1', PORT: String(port) },
    }),
    tools: 23,
    call: { tool: 'ping', args: {}, gives: 'result' },
  },
  {
    name: 'Figma (Framelink)',
    package: 'figma-developer-mcp',
    script: 'dist/bin.js',
    args: ['--stdio', '--no-telemetry'],
    http: (port) => ({ args: ['--no-telemetry', '--host', '127.0.0.1', '--port', String(port)] }),
    env: { FIGMA_API_KEY: 'none' },
    tools: 2,
    call: { tool: 'get_figma_data', args: { fileKey: 'none' }, gives: 'error' },
  },
  {
    name: 'Azure',
    package: '@azure/mcp',
    script: 'index.js',
    args: ['server', 'start'],
    env: { AZURE_MCP_COLLECT_TELEMETRY: 'false' },
    tools: 61,
    call: { tool: 'get_azure_bestpractices', args: { intent: 'learn', learn: true }, gives: 'result' },
  },
]
