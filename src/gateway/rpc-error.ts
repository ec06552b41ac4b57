/** A response with a JSON-RPC error that answers no request in particular. */
export function rpcError(
  status: number,
  { code, message, headers }: { readonly code: number; readonly message: string; readonly headers?: HeadersInit },
): Response {
  return Response.json(
    { jsonrpc: '2.0', error: { code, message }, id: null },
    headers ? { status, headers } : { status },
  )
}
