import { describe, expect, it } from 'vitest'
import { previewServers, readServers } from 'mcp-integrations/import'

const one = (text: unknown) => readServers(typeof text === 'string' ? text : JSON.stringify(text)).servers[0]!
const url = 'https://mcp.example.com/mcp'
const official = 'io.modelcontextprotocol.registry/official'

describe('a list of servers', () => {
  it.each([
    ['Claude Code', { mcpServers: { notes: { type: 'http', url, headers: { 'X-Team': 'a' } } } }],
    [
      'the state of Claude Code',
      { projects: { '/home/ana': { mcpServers: { notes: { type: 'http', url, headers: { 'X-Team': 'a' } } } } } },
    ],
    ['VS Code', { servers: { notes: { type: 'http', url, headers: { 'X-Team': 'a' } } }, inputs: [] }],
    ['settings of VS Code', { mcp: { servers: { notes: { url, headers: { 'X-Team': 'a' } } } } }],
    ['Cursor', { mcpServers: { notes: { url, headers: { 'X-Team': 'a' } } } }],
    ['Cline', { mcpServers: { notes: { type: 'streamableHttp', url, headers: { 'X-Team': 'a' }, timeout: 60 } } }],
    [
      'Cline, newer',
      { mcpServers: { notes: { transport: { type: 'streamableHttp', url, headers: { 'X-Team': 'a' } } } } },
    ],
    ['Gemini', { mcpServers: { notes: { httpUrl: url, headers: { 'X-Team': 'a' } } } }],
    ['Windsurf', { mcpServers: { notes: { serverUrl: url, headers: { 'X-Team': 'a' } } } }],
    ['opencode', { mcp: { notes: { type: 'remote', url, headers: { 'X-Team': 'a' } } } }],
    ['Zed', { context_servers: { notes: { url, headers: { 'X-Team': 'a' } } } }],
    ['servers alone', { notes: { url, headers: { 'X-Team': 'a' } } }],
    [
      'mcp-remote',
      { mcpServers: { notes: { command: 'npx', args: ['-y', 'mcp-remote@latest', url, '--header', 'X-Team: a'] } } },
    ],
    [
      'mcp-remote in one word',
      { mcpServers: { notes: { command: 'npx -y mcp-remote', args: [url, '--header=X-Team:a'] } } },
    ],
    [
      'mcp-remote with its environment',
      {
        mcpServers: {
          notes: {
            command: '/usr/bin/npx',
            args: ['mcp-remote', url, '--header', 'X-Team:${TEAM}'],
            env: { TEAM: 'a' },
          },
        },
      },
    ],
    ['mcp-proxy', { mcpServers: { notes: { command: 'mcp-proxy', args: ['--headers', 'X-Team', 'a', url] } } }],
    ['Codex', `[mcp_servers.notes]\nurl = "${url}"\nhttp_headers = { X-Team = "a" }\n`],
    ['TOML with blanks', `[ mcp_servers . 'notes' ] # mine\nurl = "${url}"\nhttp_headers = { X-Team = "a" }\n`],
    [
      'comments and trailing commas',
      `{ // mine\n "mcpServers": { "notes": { "url": "${url}", "headers": { "X-Team": "a", }, }, /* b */ }, }`,
    ],
  ])('is read as %s writes it', (_client, text) => {
    const entry = one(text)
    expect(entry).toMatchObject({
      name: 'notes',
      enabled: true,
      headers: [{ name: 'X-Team', value: ['a'], secret: false }],
    })
    expect(entry.url).toEqual([url])
    expect(entry.unsupported).toBeUndefined()
  })

  it('keeps one URL under two names', () => {
    expect(readServers(JSON.stringify({ mcpServers: { a: { url }, b: { url } } })).servers).toHaveLength(2)
  })

  it('reads missing values as variables, in every spelling', () => {
    const entry = one({
      servers: {
        notes: {
          url: 'https://${HOST:-mcp.example.com}/{{ TENANT }}',
          headers: { Authorization: 'Bearer ${input:token}', 'X-Region': '${env:REGION}' },
        },
      },
      inputs: [{ type: 'promptString', id: 'token', description: 'Your token', password: true }],
    })
    expect(entry.url).toEqual(['https://', { variable: 'HOST' }, '/', { variable: 'TENANT' }])
    expect(entry.variables).toEqual([
      { name: 'HOST', required: true, secret: false, default: 'mcp.example.com' },
      { name: 'TENANT', required: true, secret: false, default: undefined },
      {
        name: 'token',
        required: true,
        secret: true,
        default: undefined,
        description: 'Your token',
        choices: undefined,
      },
      { name: 'REGION', required: true, secret: false, default: undefined },
    ])
  })

  it('has a name of its own for each server, wherever it is listed', () => {
    const titled = (name: string) => ({ name, title: 'GitHub', remotes: [{ type: 'streamable-http', url }] })
    const names = (document: object) => readServers(JSON.stringify(document)).servers.map(({ name }) => name)
    expect(names({ servers: [titled('io.github/a'), titled('io.evil/a')] })).toEqual(['GitHub', 'GitHub 2'])
    expect(names({ mcpServers: { notes: { url }, 'notes 2': { url } }, servers: { notes: { url } } })).toEqual([
      'notes',
      'notes 2',
      'notes 3',
    ])
  })

  it('never reads the environment of the host', () => {
    process.env['IMPORT_TEST_SECRET'] = 'canary'
    const text = JSON.stringify({ mcpServers: { notes: { url, headers: { A: '${IMPORT_TEST_SECRET}' } } } })
    expect(JSON.stringify(readServers(text))).not.toContain('canary')
  })

  it('gives the reason for a local server, and continues', () => {
    const { servers } = readServers(
      JSON.stringify({ mcpServers: { files: { command: 'npx', args: ['server-filesystem', '/'] }, notes: { url } } }),
    )
    expect(servers.map(({ name, unsupported }) => [name, unsupported])).toEqual([
      ['files', 'This is a program on the computer of the list. Only host code can add local servers.'],
      ['notes', undefined],
    ])
  })

  it.each(['unix:///tmp/a.sock', 'pipe://a', 'file:///etc/passwd', 'javascript:alert(1)'])(
    'does not take %s for a server',
    (address) => {
      expect(one({ mcpServers: { notes: { url: address } } })).toMatchObject({
        unsupported: expect.stringContaining('https:') as string,
      })
    },
  )

  it('turns servers off as in the list, and only suggests its approvals', () => {
    expect(
      one({
        mcpServers: { notes: { url, disabled: true, autoApprove: ['send'], trust: true, excludeTools: ['wipe'] } },
      }),
    ).toMatchObject({
      enabled: false,
      suggestions: { autoApprove: ['send'], trusted: true, disabledTools: ['wipe'] },
    })
    expect(one(`[mcp_servers.notes]\nurl = "${url}"\nenabled = false\nbearer_token_env_var = "NOTES"`)).toMatchObject({
      enabled: false,
      headers: [{ name: 'Authorization', value: ['Bearer ', { variable: 'NOTES' }], secret: true }],
      variables: [{ name: 'NOTES', secret: true }],
    })
  })

  it.each(['my server', 'é', 'a.b', ']'])('is read from TOML with the name %s', (name) => {
    expect(one(`[mcp_servers."${name}"]\nurl = "${url}"\n`)).toMatchObject({ url: [url] })
  })

  it('runs no command for headers', () => {
    expect(one({ mcpServers: { notes: { url, headersHelper: 'curl evil' } } }).notes).toEqual([
      'The list creates headers with a local command, which is not run. Fill in the headers.',
    ])
  })

  it('uses the OAuth client of a list', () => {
    expect(one({ mcpServers: { notes: { url, oauth: { clientId: 'a', scopes: 'read write' } } } }).oauth).toEqual({
      clientId: 'a',
      clientSecret: undefined,
      scopes: ['read', 'write'],
    })
    expect(
      one({ mcpServers: { notes: { url, auth: { CLIENT_ID: 'a', CLIENT_SECRET: 's', scopes: ['x'] } } } }).oauth,
    ).toEqual({
      clientId: 'a',
      clientSecret: 's',
      scopes: ['x'],
    })
  })
})

describe('a preview', () => {
  it.each([
    ['a header by its name', { url, headers: { 'X-Api-Key': 'canary' } }],
    ['a header by its look', { url, headers: { 'X-Thing': 'c4n4ry9f8e7d6c5b4a3Z2y1X' } }],
    ['a query', { url: `${url}?api_key=canary` }],
    ['a query behind another', { url: `${url}?a=1&token=canary#x` }],
    ['user and password', { url: 'https://me:canary@mcp.example.com/' }],
    ['a default', { url, headers: { Authorization: '${KEY:-canary}' } }],
    ['a client secret', { url, auth: { CLIENT_ID: 'a', CLIENT_SECRET: 'canary' } }],
    ['an argument', { command: 'npx', args: ['mcp-remote', url, '--header', 'Authorization: Bearer canary'] }],
  ])('shows no secret: %s', (_where, server) => {
    const shown = JSON.stringify(previewServers(readServers(JSON.stringify({ mcpServers: { notes: server } })).servers))
    expect(shown).not.toMatch(/canary|c4n4ry/)
    expect(shown).toContain('mcp.example.com')
  })
})

describe('a server.json', () => {
  const server = {
    name: 'io.example/notes',
    description: 'Notes',
    version: '1.0.0',
    remotes: [
      { type: 'sse', url: 'https://old.example.com/sse' },
      {
        type: 'streamable-http',
        url: 'https://{tenant}.example.com/mcp',
        variables: { tenant: { description: 'Your tenant', isRequired: true, choices: ['a', 'b'] } },
        headers: [
          { name: 'Authorization', value: 'Bearer {key}', variables: { key: { isRequired: true, isSecret: true } } },
          { name: 'X-Region', description: 'Region', default: 'eu' },
          { name: 'X-Fixed', value: '{literally}' },
        ],
      },
    ],
  }

  it('asks for declared variables, and keeps other braces', () => {
    const { format, servers } = readServers(JSON.stringify(server))
    expect(format).toBe('server.json')
    expect(servers[0]).toMatchObject({
      url: ['https://', { variable: 'tenant' }, '.example.com/mcp'],
      headers: [
        { name: 'Authorization', value: ['Bearer ', { variable: 'key' }], secret: true },
        { name: 'X-Region', value: [{ variable: 'X-Region' }] },
        { name: 'X-Fixed', value: ['{literally}'] },
      ],
      variables: [
        { name: 'tenant', required: true, choices: ['a', 'b'] },
        { name: 'key', required: true, secret: true },
        { name: 'X-Region', required: false, default: 'eu' },
      ],
    })
  })

  it('is read in its first, snake-case form', () => {
    const first = {
      name: 'io.example/notes',
      remotes: [
        { transport_type: 'streamable', url, headers: [{ name: 'X-Key', is_secret: true, is_required: true }] },
      ],
    }
    expect(one(first)).toMatchObject({ url: [url], variables: [{ name: 'X-Key', secret: true, required: true }] })
  })

  it("is read from a page of a registry, with the registry's status", () => {
    const row = {
      server: { ...server, remotes: [{ type: 'sse', url }] },
      _meta: { 'io.modelcontextprotocol.registry/official': { status: 'deprecated', statusMessage: 'Use other.' } },
    }
    expect(one({ servers: [row], metadata: { count: 1 } })).toMatchObject({
      url: [url],
      notes: ['The registry lists this server as deprecated and says: "Use other.".'],
    })
  })

  it('that is a package only runs locally', () => {
    expect(
      one({ name: 'io.example/notes', packages: [{ registryType: 'npm', identifier: 'x' }] }).unsupported,
    ).toContain('package')
  })
})

describe('a text that is no list', () => {
  it.each([
    ['nothing', '', 'is empty'],
    ['prose', 'hello there', 'neither JSON nor'],
    ['JSON cut off', '{ "mcpServers": { "a": ', 'not valid JSON at line 1'],
    ['a wrong line', '{\n"mcpServers": {\n"a" "b" } }', 'line 3'],
    ['another document', '{"hello": 1}', 'not a known list of MCP servers'],
    ['a list of nothing known', '[1, 2]', 'not a known list of MCP servers'],
    ['depth', '['.repeat(200_000), 'nested deeper than'],
    ['depth of objects', '{"a":'.repeat(100_000), 'nested deeper than'],
    ['depth in TOML', `a = ${'['.repeat(5_000)}`, 'TOML'],
    ['length', ' '.repeat(1_048_577), 'longer than 1 MiB'],
    [
      'too many',
      JSON.stringify({ mcpServers: Object.fromEntries(Array.from({ length: 201 }, (_, n) => [n, { url }])) }),
      'at most 200',
    ],
  ])('is refused with what is wrong: %s', (_what, text, message) => {
    expect(() => readServers(text)).toThrow(
      expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining(message) as string }),
    )
  })

  it('shows hidden characters in texts, and keeps the names of variables', () => {
    const sly = 'a\u202eb\u{e0041}\u200b'
    const entry = one({
      servers: {
        [sly]: { url, description: sly, headers: { 'X-Key': '${input:key}' }, alwaysAllow: [sly], includeTools: [sly] },
        [`no ${sly}`]: { description: sly },
      },
      inputs: [{ id: 'key', description: sly, options: [sly] }],
    })
    const shown = 'a\\u{202E}b\\u{E0041}\\u{200B}'
    expect(entry).toMatchObject({
      name: shown,
      description: shown,
      variables: [{ name: 'key', description: shown, choices: [sly] }],
      suggestions: { autoApprove: [shown], enabledTools: [shown] },
    })
    const registry = { server: { name: 'io.example/a', title: sly, description: sly, remotes: [{ url }] } }
    const withdrawn = { [official]: { status: 'deprecated', statusMessage: sly } }
    expect(one({ ...registry, _meta: withdrawn })).toMatchObject({
      name: shown,
      description: shown,
      notes: [expect.stringContaining(shown)],
    })
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('survives a server called %s', (name) => {
    const { servers } = readServers(`{"mcpServers": {"${name}": {"url": "${url}", "headers": {"${name}": "x"}}}}`)
    expect(servers).toMatchObject([{ name, url: [url], headers: [{ name, value: ['x'] }] }])
    expect(({} as { url?: unknown }).url).toBeUndefined()
  })

  it('survives values of every wrong type', () => {
    for (const wrong of [null, 1, true, [], ['x'], 'x', {}])
      for (const server of [
        wrong,
        { url: wrong },
        { url, headers: wrong },
        { url, oauth: wrong },
        { command: 'x', args: wrong, env: wrong },
        { transport: wrong },
      ])
        expect(readServers(JSON.stringify({ mcpServers: { a: server } })).servers).toHaveLength(1)
  })
})
