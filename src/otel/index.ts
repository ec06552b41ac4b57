/**
 * Spans and metrics of tool calls by the OpenTelemetry conventions for MCP.
 *
 * @packageDocumentation
 */

export { openTelemetry, type OpenTelemetryOptions } from './open-telemetry.js'
