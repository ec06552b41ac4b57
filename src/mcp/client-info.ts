/** The name and version that servers receive; the version is that of the package. */
export const clientInfo = { name: 'mcp-integrations', version: '0.1.0' }
