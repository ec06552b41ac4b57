/**
 * Serves one agent's toolset to any MCP client, with the gate in between.
 *
 * @packageDocumentation
 */

export {
  gatewayHandler,
  type GatewayAuth,
  type GatewayHandler,
  type GatewayOptions,
  type GatewaySessionOptions,
  type VerifiedToken,
} from './gateway-handler.js'
