/**
 * A server on this machine that host code provides (`stdioServer` of `mcp-integrations/stdio`). It is never stored: a
 * stored integration names its connector, and the connector provides the server.
 */
export interface LocalServer {
  readonly type: 'local'
  /**
   * Called for each connection.
   *
   * @param options - `maxMessageBytes`: larger messages are refused, as those of other servers are
   * @returns a fresh, unstarted MCP transport (opaque here: no SDK type appears in our declarations)
   */
  open(options?: { readonly maxMessageBytes?: number | undefined }): Promise<unknown>
}
