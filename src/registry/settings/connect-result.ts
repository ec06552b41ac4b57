import type { Integration } from '../../model/integration.js'

/** How connect, validate, reconnect and authorize ended. */
export type ConnectResult =
  | { readonly type: 'connected'; readonly integration: Integration }
  | { readonly type: 'authorization_required'; readonly integration: Integration; readonly authorizationUrl: string }
  | { readonly type: 'failed'; readonly integration: Integration }
