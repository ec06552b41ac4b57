import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'

/** What a program is given. */
export interface Place {
  /** Of the gateway. */
  readonly url: string
  /** Where the program is installed. */
  readonly packages: string
  /** An empty folder that it may write into. */
  readonly home: string
}

/** What a program was answered. */
export interface Heard {
  readonly tools: readonly string[]
  readonly read: string
  readonly write: string
  /** Makes the call that was asked about again. */
  again(): Promise<string>
}

/** Clients of other authors, by name. */
export const programs: Readonly<Record<string, (place: Place) => Promise<Heard>>> = {
  async 'MCP Inspector, command line'({ url, packages, home }) {
    const inspect = async (...args: readonly string[]): Promise<Inspected> => {
      const program = join(packages, 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js')
      const how = ['--cli', url, '--transport', 'http', '--header', 'Authorization: Bearer ana', ...args]
      const { stdout } = await promisify(execFile)(process.execPath, [program, ...how], {
        env: { PATH: process.env['PATH'], HOME: home },
      })
      return JSON.parse(stdout) as Inspected
    }
    const call = async (name: string, ...args: readonly string[]): Promise<string> => {
      const given = args.flatMap((arg) => ['--tool-arg', arg])
      return textOf(await inspect('--method', 'tools/call', '--tool-name', name, ...given))
    }
    const { tools = [] } = await inspect('--method', 'tools/list')
    const again = () => call('notes__write_note', 'id="7"', 'text=hi')
    return {
      tools: tools.map(({ name }) => name),
      read: await call('notes__read_note', 'id="7"'),
      write: await again(),
      again,
    }
  },

  async 'mcp-remote'({ url, packages, home }) {
    const client = new Client({ name: 'test', version: '1' })
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [
        join(packages, 'node_modules/mcp-remote/dist/proxy.js'),
        url,
        '--transport',
        'http-only',
        '--header',
        'Authorization:Bearer ana',
      ],
      env: { PATH: process.env['PATH'] ?? '', HOME: home },
      stderr: 'ignore',
    })
    await client.connect(transport)
    const call = async (name: string, args: Record<string, unknown>): Promise<string> =>
      textOf((await client.callTool({ name, arguments: args })) as Inspected)
    const { tools } = await client.listTools()
    const write = () => call('notes__write_note', { id: '7', text: 'hi' })
    return {
      tools: tools.map(({ name }) => name),
      read: await call('notes__read_note', { id: '7' }),
      write: await write(),
      async again() {
        const text = await write()
        await client.close()
        return text
      },
    }
  },
}

interface Inspected {
  readonly tools?: readonly { readonly name: string }[]
  readonly content?: readonly { readonly text?: string }[]
}

function textOf({ content = [] }: Inspected): string {
  return content.map(({ text }) => text ?? '').join('\n')
}
