/** Who we are to servers; the version is the package's. */
export const clientInfo = { name: 'mcp-integrations', version: '0.1.0' }
