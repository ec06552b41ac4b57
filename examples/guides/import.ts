import { importServers, exportServers, previewServers, readServers, registryConnectors } from 'mcp-integrations/import'
import { connectedNotes, expect } from './host.js'

export async function importing(): Promise<void> {
  const { mine, notes, close } = await connectedNotes()
  const { url } = notes
  // #region read
  const text = `{
    // copied from another client
    "mcpServers": {
      "Team notes": { "url": "${url}", "headers": { "X-Team": "\${TEAM}" } },
      "files": { "command": "npx", "args": ["server-filesystem", "/"] },
    }
  }`
  const { servers } = readServers(text) // runs nothing and reads no environment
  for (const server of previewServers(servers))
    console.log(`  ${server.name}: ${server.unsupported ?? server.url}`, server.variables) // safe to show: secrets are left out
  // #endregion
  // #region import
  const { rows } = await importServers(mine, servers, {
    agents: ['assistant'],
    answers: { 'Team notes': { TEAM: 'research' } }, // what the person filled in
  })
  // #endregion
  expect('one is connected, one runs locally', rows.map(({ type }) => type).join() === 'connected,unsupported')
  // #region export
  const list = exportServers(await mine.list(), { format: 'vscode' })
  // #endregion
  expect('the export is a list again', readServers(list).servers.length === 2)
  // #region registry
  const connectors = registryConnectors({
    url: 'https://registry.example.com',
    servers: { 'io.example/notes': { category: 'Writing', trusted: true } }, // only these, with what you know of them
  })
  // new IntegrationRegistry({ connectors, … })
  // #endregion
  expect('the catalogue is a function', typeof connectors === 'function')
  await close()
}
